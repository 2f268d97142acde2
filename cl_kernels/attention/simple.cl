// Attention in its plainest form, for devices and masks for which nothing better builds: one work-item a
// (token, head), scalar loads, scores computed twice (for the maximum, then for the weights).
#include "args/attention_args.h"
#include "cache_row.clh"

#include "attention_mask.clh"

#if !defined(KEYS) || !defined(VALUES) || !defined(SHARED)
#error "KEYS, VALUES, SHARED: how the operands' columns are stored (STORAGE_CODES, ...)"
#endif

// One query: view v of it lies v * view_stride behind `q`.
typedef struct {
  global const float* q;
  global const uchar* keys;
  global const uchar* shared_keys;
  uint key_col;
  int position;
  float slope;
  AttentionRange range;
} SimpleQuery;

// Column `col` of a latent cache's keys.
static float attention_simple_key(global const uchar* row, uint col) {
#if defined(CACHE_GROUP) && KEYS == STORAGE_CODES
  if (col >= CACHE_COLS) return cache_tail_load(row, col - CACHE_COLS);
#endif
  return rows_load(row, col, KEYS);
}

static float attention_simple_score(const SimpleQuery* query, int s, const AttentionArgs* a) {
  const uint dim = (uint)(a->key_dim + a->shared_dim);
  const size_t view = (size_t)attention_view(query->position, s, &query->range, a) * (uint)a->heads * dim;
  global const float* q = query->q + view;
  const size_t row = (size_t)attention_cache_row(s, a);
  global const uchar* key = query->keys + row * (uint)a->key_bytes;
  global const uchar* shared_key = query->shared_keys + row * (uint)a->shared_bytes;
  float sum = 0.0f;
  for (uint d = 0; d < (uint)a->key_dim; ++d) sum += q[d] * attention_simple_key(key, query->key_col + d);
  for (uint d = 0; d < (uint)a->shared_dim; ++d)
    sum += q[(uint)a->key_dim + d] * rows_load(shared_key, (uint)a->shared_offset + d, SHARED);
  const float score = attention_cap(sum * a->scale, a);
#ifdef SLOPES
  return score + query->slope * (float)(s - query->position);
#else
  return score;
#endif
}

// `sink` is -infinity where there is none.
static void attention_simple_query(const SimpleQuery* query, global const int* ids, float sink,
                                   global const uchar* values, uint value_col, global float* out,
                                   const AttentionArgs* a) {
  const uint dims = (uint)a->value_dim;
  const int count = attention_row_count(&query->range, a);
  float highest = sink;
  for (int i = 0; i < count; ++i) {
    const int s = attention_row(i, &query->range, ids, a);
    if (s >= 0) highest = fmax(highest, attention_simple_score(query, s, a));
  }
  for (uint d = 0; d < dims; ++d) out[d] = 0.0f;
  const float base = highest == -INFINITY ? 0.0f : highest;
  float sum = exp(sink - base);
  for (int i = 0; i < count; ++i) {
    const int s = attention_row(i, &query->range, ids, a);
    if (s < 0) continue;
    const float p = exp(attention_simple_score(query, s, a) - base);
    global const uchar* value = values + (size_t)attention_cache_row(s, a) * (uint)a->value_bytes;
    sum += p;
    for (uint d = 0; d < dims; ++d) out[d] += p * rows_load(value, value_col + d, VALUES);
  }
  const float total = sum == 0.0f ? 1.0f : sum;  // 0: no row is seen
  for (uint d = 0; d < dims; ++d) out[d] /= total;
}

static void attention_simple_body(uint worker, uint workers, global const float* restrict q,
                                  global const uchar* restrict keys, global const uchar* restrict values,
                                  global const int* restrict positions,
                                  global const uchar* restrict shared_keys,
                                  global const float* restrict sinks, global const float* restrict slopes,
                                  global const int* restrict selected, global float* restrict y,
                                  const AttentionArgs* a) {
  const uint heads = (uint)a->heads;
  const uint dim = (uint)(a->key_dim + a->shared_dim);
  for (uint item = worker; item < (uint)a->tokens * heads; item += workers) {
    const uint token = item / heads;
    const uint head = item % heads;
    const int kv_head = (int)head / (a->heads / a->kv_heads);
    SimpleQuery query;
    query.q = q + ((size_t)token * VIEW_COUNT * heads + head) * dim;
    query.keys = keys;
    query.shared_keys = shared_keys;
    query.key_col = (uint)(a->key_offset + kv_head * a->key_stride);
    query.position = positions[token];
    query.range = attention_range(query.position, a);
    query.slope = 0.0f;
    float sink = -INFINITY;
    global const int* ids = selected;
#ifdef SLOPES
    query.slope = slopes[head];
#endif
#ifdef SINKS
    sink = sinks[head];
#endif
#ifdef SELECTED
    ids = attention_ids(selected, (int)token, (int)head, a);
#endif
    attention_simple_query(&query, ids, sink, values, (uint)(a->value_offset + kv_head * a->value_stride),
                           y + (size_t)item * (uint)a->value_dim, a);
  }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void attention_simple(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global const uchar* restrict shared_keys,
    global const float* restrict sinks, global const float* restrict slopes,
    global const int* restrict selected, global float* restrict y, const AttentionArgs a) {
  attention_simple_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, values, positions,
                        shared_keys, sinks, slopes, selected, y, &a);
}
