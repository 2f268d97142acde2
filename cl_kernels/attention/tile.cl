// Attention for many tokens (prefill): a worker takes BLOCKS * QUERIES query rows of one kv head through the
// context, a tile of keys at a time, with an online softmax (Milakov and Gimelshein 2018); sums are kept in
// the result.
#include "attention_block.clh"

#ifndef BLOCKS
#error "BLOCKS: blocks of QUERIES rows of an item; they reuse a tile of keys while it is cached"
#endif

typedef struct {
  AttentionBlock block;
  global float* out[QUERIES];
  float highest[QUERIES];
  float sum[QUERIES];
  int begin;  // keys that any of the rows sees
  int end;
  int fresh;  // nothing stored yet
} AttentionRows;

// Query rows of a kv head are numbered token by token, the heads of its group together.
static void attention_open_rows(AttentionRows* rows, int kv_head, int first_row, global const float* q,
                                global const int* positions, global float* y, const AttentionArgs* a) {
  const int group = a->heads / a->kv_heads;
  const int last = a->tokens * group - 1;
  rows->block.kv_head = kv_head;
  rows->block.rows = clamp(last - first_row + 1, 0, QUERIES);
  rows->begin = a->context;
  rows->end = 0;
  rows->fresh = 1;
  for (int n = 0; n < QUERIES; ++n) {
    const int row = min(first_row + n, last);
    const size_t head_row = (size_t)(row / group) * (uint)a->heads + (uint)(kv_head * group + row % group);
    rows->block.query[n] = q + head_row * (uint)(a->key_dim + a->shared_dim);
    rows->out[n] = y + head_row * (uint)a->value_dim;
    rows->highest[n] = -INFINITY;
    rows->sum[n] = 0.0f;
    attention_key_range(positions[row / group], a, &rows->block.begin[n], &rows->block.end[n]);
    rows->begin = min(rows->begin, rows->block.begin[n]);
    rows->end = max(rows->end, rows->block.end[n]);
  }
}

static void attention_rows_over_tile(AttentionRows* rows, const AttentionCaches* caches, int first, int count,
                                     const AttentionArgs* a, local float* scratch) {
  local float* scores = scratch + QUERIES * WG_SIZE;
  float before[QUERIES], tile_sum[QUERIES], factor[QUERIES];
  for (int n = 0; n < QUERIES; ++n) before[n] = rows->highest[n];
  barrier(CLK_LOCAL_MEM_FENCE);
  attention_scores(&rows->block, caches, a, first, count, scores);
  attention_softmax(scores, count, a, rows->highest, tile_sum, scratch);
  for (int n = 0; n < QUERIES; ++n) {
    factor[n] = before[n] == -INFINITY ? 0.0f : exp(before[n] - rows->highest[n]);
    rows->sum[n] = rows->sum[n] * factor[n] + tile_sum[n];
  }
  attention_values(&rows->block, caches, a, first, count, scores, rows->out, rows->fresh, factor);
  rows->fresh = 0;
}

static void attention_close_rows(const AttentionRows* rows, const AttentionArgs* a) {
  for (int n = 0; n < rows->block.rows; ++n)
    for (int d = (int)LANE; d < a->value_dim; d += WG_SIZE) rows->out[n][d] /= rows->sum[n];
}

static void attention_tile_body(uint worker, uint workers, global const float* restrict q,
                                global const uchar* restrict keys, global const uchar* restrict values,
                                global const int* restrict positions,
                                global const uchar* restrict shared_keys, global float* restrict y,
                                const AttentionArgs* a, local float* scratch) {
  const AttentionCaches caches = {keys, values, shared_keys};
  const int item_rows = BLOCKS * QUERIES;
  const int row_items = (a->tokens * (a->heads / a->kv_heads) + item_rows - 1) / item_rows;
  for (int item = (int)worker; item < row_items * a->kv_heads; item += (int)workers) {
    AttentionRows rows[BLOCKS];
    int begin = a->context;
    int end = 0;
    for (int b = 0; b < BLOCKS; ++b) {
      attention_open_rows(&rows[b], item % a->kv_heads, item / a->kv_heads * item_rows + b * QUERIES, q,
                          positions, y, a);
      begin = min(begin, rows[b].begin);
      end = max(end, rows[b].end);
    }
    for (int first = begin; first < end; first += a->tile) {
      const int count = min(a->tile, end - first);
      for (int b = 0; b < BLOCKS; ++b)
        if (rows[b].block.rows > 0 && rows[b].begin < first + count && rows[b].end > first)
          attention_rows_over_tile(&rows[b], &caches, first, count, a, scratch);
    }
    for (int b = 0; b < BLOCKS; ++b) attention_close_rows(&rows[b], a);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_tile(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global const uchar* restrict shared_keys, global float* restrict y,
    const AttentionArgs a, local float* scratch) {
  attention_tile_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, values, positions, shared_keys,
                      y, &a, scratch);
}
