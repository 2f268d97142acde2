// Attention for many tokens (prefill): lanes take QUERIES query rows of one kv head through the context, a
// tile of keys at a time, with an online softmax (Milakov and Gimelshein 2018); sums are kept in the result.
// Where a window spares first rows, a first pass goes through those.
#include "attention_block.clh"

typedef struct {
  AttentionBlock block;
  global const float* query[QUERIES];  // its first view
  global float* out[QUERIES];
  AttentionRange seen[QUERIES];
  float highest[QUERIES];
  float sum[QUERIES];
#if defined(VIEWS) && VIEWS == 2
  int token_position[QUERIES];
#endif
#ifdef SINKS
  float sink[QUERIES];
#endif
  int begin;  // keys of this pass that any of the rows sees
  int end;
  int fresh;  // nothing stored yet
} AttentionRows;

// Query rows of a kv head are numbered token by token, the heads of its group together.
static void attention_open_rows(AttentionRows* rows, int kv_head, int first_row, global const float* q,
                                global const int* positions, const AttentionExtras* extras, global float* y,
                                const AttentionArgs* a) {
  const int group = a->heads / a->kv_heads;
  const int last = a->tokens * group - 1;
  rows->block.kv_head = kv_head;
  rows->block.rows = clamp(last - first_row + 1, 0, QUERIES);
  rows->fresh = 1;
  for (int n = 0; n < QUERIES; ++n) {
    const int row = min(first_row + n, last);
    const int token = row / group;
    const int head = kv_head * group + row % group;
    rows->query[n] = q + ((size_t)token * VIEW_COUNT * (uint)a->heads + (uint)head) *
                             (uint)(a->key_dim + a->shared_dim);
    rows->block.query[n] = rows->query[n];
    rows->out[n] = y + ((size_t)token * (uint)a->heads + (uint)head) * (uint)a->value_dim;
    rows->seen[n] = attention_range(positions[token], a);
    rows->highest[n] = -INFINITY;
    rows->sum[n] = 0.0f;
#if defined(VIEWS) && VIEWS == 2
    rows->token_position[n] = positions[token];
#endif
#ifdef SLOPES
    rows->block.slope[n] = extras->slopes[head];
    rows->block.position[n] = positions[token];
#endif
#ifdef SINKS
    rows->sink[n] = extras->sinks[head];
#endif
  }
}

// What the rows see in the pass through the first rows, or in that through the others.
static void attention_start_pass(AttentionRows* rows, int of_first, const AttentionArgs* a) {
  rows->begin = a->context;
  rows->end = 0;
  for (int n = 0; n < QUERIES; ++n) {
    const AttentionRange* seen = &rows->seen[n];
    rows->block.begin[n] = of_first ? 0 : seen->begin;
    rows->block.end[n] = of_first ? seen->first_end : seen->end;
    rows->begin = min(rows->begin, rows->block.begin[n]);
    rows->end = max(rows->end, rows->block.end[n]);
#if defined(VIEWS) && VIEWS == 1
    const size_t view = (size_t)a->heads * (uint)(a->key_dim + a->shared_dim);
    rows->block.query[n] = rows->query[n] + (of_first ? view : 0);
#endif
  }
}

static void attention_rows_over_tile(AttentionRows* rows, const AttentionCaches* caches, int first, int count,
                                     const AttentionArgs* a, local float* scratch) {
  local float* scores = scratch + QUERIES * WG_SIZE;
  float before[QUERIES], tile_sum[QUERIES], factor[QUERIES];
  for (int n = 0; n < QUERIES; ++n) before[n] = rows->highest[n];
#if defined(VIEWS) && VIEWS == 2
  for (int n = 0; n < QUERIES; ++n) {
    const int view = attention_view(rows->token_position[n], first, &rows->seen[n], a);
    rows->block.query[n] =
        rows->query[n] + (size_t)view * (uint)a->heads * (uint)(a->key_dim + a->shared_dim);
  }
#endif
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

// Tiles start at multiples of their size.
static void attention_pass(AttentionRows* rows, int of_first, const AttentionCaches* caches,
                           const AttentionArgs* a, local float* scratch) {
  attention_start_pass(rows, of_first, a);
  for (int first = rows->begin; first < rows->end;) {
    const int next = min((first / a->tile + 1) * a->tile, rows->end);
    attention_rows_over_tile(rows, caches, first, next - first, a, scratch);
    first = next;
  }
}

// What sees no key is 0.
static void attention_close_rows(const AttentionRows* rows, const AttentionArgs* a) {
  for (int n = 0; n < rows->block.rows; ++n) {
    float factor = 1.0f;
    float sum = rows->sum[n];
#ifdef SINKS
    const float highest = fmax(rows->highest[n], rows->sink[n]);
    factor = exp(rows->highest[n] - highest);
    sum = sum * factor + exp(rows->sink[n] - highest);
#endif
    if (sum == 0.0f) sum = 1.0f;
    for (int d = (int)LANE; d < a->value_dim; d += WG_SIZE)
      rows->out[n][d] = rows->fresh ? 0.0f : rows->out[n][d] * factor / sum;
  }
}

static void attention_tile_body(uint worker, uint workers, global const float* restrict q,
                                global const uchar* restrict keys, global const uchar* restrict values,
                                global const int* restrict positions,
                                global const uchar* restrict shared_keys, const AttentionExtras* extras,
                                global float* restrict y, const AttentionArgs* a, local float* scratch) {
  const AttentionCaches caches = {keys, values, shared_keys};
  const int row_items = (a->tokens * (a->heads / a->kv_heads) + QUERIES - 1) / QUERIES;
  for (int item = (int)worker; item < row_items * a->kv_heads; item += (int)workers) {
    AttentionRows rows;
    attention_open_rows(&rows, item % a->kv_heads, item / a->kv_heads * QUERIES, q, positions, extras, y, a);
    if (a->first > 0) attention_pass(&rows, 1, &caches, a, scratch);
    attention_pass(&rows, 0, &caches, a, scratch);
    attention_close_rows(&rows, a);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_tile(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global const uchar* restrict shared_keys,
    global const float* restrict sinks, global const float* restrict slopes,
    global const int* restrict selected, global float* restrict y, const AttentionArgs a,
    local float* scratch) {
  const AttentionExtras extras = {sinks, slopes, selected};
  attention_tile_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, values, positions, shared_keys,
                      &extras, y, &a, scratch);
}
