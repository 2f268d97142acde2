// Attention for many tokens by one work-item with vectors (CPUs): an item is ROW_VECTORS vectors of 16 query
// rows of one kv head. They go through the context, a tile of keys at a time, with an online softmax (Milakov
// and Gimelshein 2018). The query rows are the lanes, so that scores, softmax and sums need nothing across
// them: keys and values are decoded to floats once a tile, and each of these multiplies a vector. Where a
// window spares first rows, a first pass goes through those.
#include "attention_rows.clh"

// Query rows of a kv head are numbered token by token, the heads of its group together; those behind the last
// repeat it.
static void attention_open_rows(AttentionRows* rows, int kv_head, int first_row, global const int* positions,
                                const AttentionExtras* extras, const AttentionArgs* a) {
  const int group = a->heads / a->kv_heads;
  const int last = a->tokens * group - 1;
  rows->kv_head = kv_head;
  rows->count = min(ROWS, last + 1 - first_row);
  for (int n = 0; n < ROWS; ++n) {
    const int row = min(first_row + n, last);
    rows->token[n] = row / group;
    rows->head[n] = kv_head * group + row % group;
    rows->position[n] = positions[rows->token[n]];
    rows->seen[n] = attention_range(rows->position[n], a);
#ifdef SLOPES
    rows->slope[n] = extras->slopes[rows->head[n]];
#endif
#ifdef SINKS
    rows->sink[n] = extras->sinks[rows->head[n]];
#endif
  }
  for (int v = 0; v < ROW_VECTORS; ++v) {
    rows->highest[v] = -INFINITY;
    rows->sum[v] = 0.0f;
  }
}

static void attention_tile_vector_item(int item, global const float* q, const AttentionCaches* caches,
                                       global const int* positions, const AttentionExtras* extras,
                                       const AttentionSpace* space, global float* y, const AttentionArgs* a) {
  AttentionRows rows;
  attention_open_rows(&rows, item % a->kv_heads, item / a->kv_heads * ROWS, positions, extras, a);
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
