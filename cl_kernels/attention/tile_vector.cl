// Attention for many tokens by one work-item with vectors (CPUs): an item is ROW_VECTORS vectors of 16 query
// rows of one kv head. They go through the context, a tile of keys at a time, with an online softmax (Milakov
// and Gimelshein 2018). The query rows are the lanes, so that scores, softmax and sums need nothing across
// them. Where a window spares first rows, a first pass goes through those.
#include "attention_rows.clh"

// Query rows of a kv head are numbered token by token, the heads of its group together; those behind the last
// repeat it.
static void attention_open_tile(AttentionRows* rows, int kv_head, int first_row, global const int* positions,
                                const AttentionExtras* extras, const AttentionArgs* a) {
  const int group = a->heads / a->kv_heads;
  const int last = a->tokens * group - 1;
  int token = first_row / group;
  int head = first_row % group;
  for (int n = 0; n < ROWS; ++n) {
    rows->token[n] = token;
    rows->head[n] = kv_head * group + head;
    if (first_row + n >= last) continue;
    head = head + 1 < group ? head + 1 : 0;
    token += head == 0;
  }
  attention_open_rows(rows, kv_head, min(ROWS, last + 1 - first_row), positions, extras, a);
}

// The pass through the first rows that a window spares, or through the others.
static void attention_pass(AttentionRows* rows, int of_first, global const float* q,
                           const AttentionCaches* caches, const AttentionSpace* space,
                           const AttentionArgs* a) {
  int begin = a->context;
  int end = 0;
  for (int n = 0; n < ROWS; ++n) {
    rows->begin[n] = of_first ? 0 : rows->seen[n].begin;
    rows->end[n] = of_first ? rows->seen[n].first_end : rows->seen[n].end;
    begin = min(begin, rows->begin[n]);
    end = max(end, rows->end[n]);
  }
  if (begin < end) attention_rows_over_keys(rows, begin, end, of_first, q, caches, space, a);
}

// What sees no key is 0.
static void attention_store_rows(const AttentionRows* rows, const AttentionSpace* space, global float* y,
                                 const AttentionArgs* a) {
  float factor[ROWS];
  global float* to[ROWS];
  for (int v = 0; v < ROW_VECTORS; ++v) {
    float16 of = 1.0f;
    float16 sum = rows->sum[v];
#ifdef SINKS
    const float16 sink = vload16(v, rows->sink);
    const float16 highest = fmax(rows->highest[v], sink);
    of = exp(rows->highest[v] - highest);
    sum = sum * of + exp(sink - highest);
#endif
    vstore16(of / (sum == 0.0f ? (float16)(1.0f) : sum), v, factor);
  }
  for (int n = 0; n < ROWS; ++n)
    to[n] = y + ((size_t)rows->token[n] * (uint)a->heads + (uint)rows->head[n]) * (uint)a->value_dim;
  attention_store_sums(rows, space, factor, to, a);
}

static void attention_tile_vector_item(int item, global const float* q, const AttentionCaches* caches,
                                       global const int* positions, const AttentionExtras* extras,
                                       const AttentionSpace* space, global float* y, const AttentionArgs* a) {
  AttentionRows rows;
  attention_open_tile(&rows, item % a->kv_heads, item / a->kv_heads * ROWS, positions, extras, a);
  attention_clear(space, a);
  if (a->first > 0) attention_pass(&rows, 1, q, caches, space, a);
  attention_pass(&rows, 0, q, caches, space, a);
  attention_store_rows(&rows, space, y, a);
}

static void attention_tile_vector_body(uint worker, uint workers, global const float* restrict q,
                                       global const uchar* restrict keys, global const uchar* restrict values,
                                       global const int* restrict positions,
                                       global const uchar* restrict shared_keys,
                                       const AttentionExtras* extras, global float* restrict y,
                                       global float16* restrict scratch, const AttentionArgs* a) {
  const AttentionSpace space = attention_space(scratch, worker, a);
  const AttentionCaches caches = {keys, values, shared_keys};
  const int items = (a->tokens * (a->heads / a->kv_heads) + ROWS - 1) / ROWS * a->kv_heads;
  for (int item = (int)worker; item < items; item += (int)workers)
    attention_tile_vector_item(item, q, &caches, positions, extras, &space, y, a);
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_tile_vector(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global const uchar* restrict shared_keys,
    global const float* restrict sinks, global const float* restrict slopes,
    global const int* restrict selected, global float* restrict y, global float16* restrict scratch,
    const AttentionArgs a) {
  const AttentionExtras extras = {sinks, slopes, selected};
  attention_tile_vector_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, values, positions,
                             shared_keys, &extras, y, scratch, &a);
}
