// Attention in its plainest form, for devices on which nothing better builds: one work-item a (token, head),
// scalar loads, scores computed twice (for the maximum, then for the weights).
#include "args/attention_args.h"
#include "cache_row.clh"

#if !defined(KEYS) || !defined(VALUES) || !defined(SHARED)
#error "KEYS, VALUES, SHARED: how the operands' columns are stored (STORAGE_CODES, ...)"
#endif

// Column `col` of a latent cache's keys.
static float attention_simple_key(global const uchar* row, uint col) {
#if defined(CACHE_GROUP) && KEYS == STORAGE_CODES
  if (col >= CACHE_COLS) return cache_tail_load(row, col - CACHE_COLS);
#endif
  return rows_load(row, col, KEYS);
}

static float attention_simple_score(global const float* q, global const uchar* keys,
                                    global const uchar* shared_keys, int s, uint col,
                                    const AttentionArgs* a) {
  global const uchar* key = keys + (size_t)s * (uint)a->key_bytes;
  global const uchar* shared_key = shared_keys + (size_t)s * (uint)a->shared_bytes;
  float sum = 0.0f;
  for (uint d = 0; d < (uint)a->key_dim; ++d) sum += q[d] * attention_simple_key(key, col + d);
  for (uint d = 0; d < (uint)a->shared_dim; ++d)
    sum += q[(uint)a->key_dim + d] * rows_load(shared_key, (uint)a->shared_offset + d, SHARED);
  return sum * a->scale;
}

static void attention_simple_body(uint worker, uint workers, global const float* restrict q,
                                  global const uchar* restrict keys, global const uchar* restrict values,
                                  global const int* restrict positions,
                                  global const uchar* restrict shared_keys, global float* restrict y,
                                  const AttentionArgs* a) {
  const uint heads = (uint)a->heads;
  const uint dims = (uint)a->value_dim;
  for (uint item = worker; item < (uint)a->tokens * heads; item += workers) {
    const int kv_head = (int)(item % heads) / (a->heads / a->kv_heads);
    const int position = positions[item / heads];
    const int begin = a->window > 0 ? max(0, position + 1 - a->window) : 0;
    const int end = min(position + 1, a->context);
    const uint key_col = (uint)(a->key_offset + kv_head * a->key_stride);
    const uint value_col = (uint)(a->value_offset + kv_head * a->value_stride);
    global const float* query = q + (size_t)item * (uint)(a->key_dim + a->shared_dim);
    global float* out = y + (size_t)item * dims;
    float highest = -INFINITY;
    for (int s = begin; s < end; ++s)
      highest = fmax(highest, attention_simple_score(query, keys, shared_keys, s, key_col, a));
    for (uint d = 0; d < dims; ++d) out[d] = 0.0f;
    float sum = 0.0f;
    for (int s = begin; s < end; ++s) {
      const float p = exp(attention_simple_score(query, keys, shared_keys, s, key_col, a) - highest);
      global const uchar* value = values + (size_t)s * (uint)a->value_bytes;
      sum += p;
      for (uint d = 0; d < dims; ++d) out[d] += p * rows_load(value, value_col + d, VALUES);
    }
    for (uint d = 0; d < dims; ++d) out[d] /= sum;
  }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void attention_simple(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global const uchar* restrict shared_keys, global float* restrict y,
    const AttentionArgs a) {
  attention_simple_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, values, positions,
                        shared_keys, y, &a);
}
