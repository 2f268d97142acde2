// Attention in its plainest form, for devices on which nothing better builds: one work-item a (token, head),
// scalar loads, scores computed twice (for the maximum, then for the weights).
#include "args/attention_args.h"
#include "storage.clh"

#if !defined(KEYS_F16) || !defined(VALUES_F16) || !defined(SHARED_F16)
#error "KEYS_F16, VALUES_F16, SHARED_F16: 1 where the operand holds f16"
#endif

static float attention_simple_load(global const void* p, size_t i, int f16) {
  return f16 ? f16_load1(p, i) : f32_load1(p, i);
}

static float attention_simple_score(global const float* q, global const void* keys,
                                    global const void* shared_keys, size_t s, size_t key_at,
                                    const AttentionArgs* a) {
  const size_t key = s * (uint)a->key_width + key_at;
  const size_t shared_key = s * (uint)a->shared_width + (uint)a->shared_offset;
  float sum = 0.0f;
  for (uint d = 0; d < (uint)a->key_dim; ++d) sum += q[d] * attention_simple_load(keys, key + d, KEYS_F16);
  for (uint d = 0; d < (uint)a->shared_dim; ++d)
    sum += q[(uint)a->key_dim + d] * attention_simple_load(shared_keys, shared_key + d, SHARED_F16);
  return sum * a->scale;
}

static void attention_simple_body(uint worker, uint workers, global const float* restrict q,
                                  global const void* restrict keys, global const void* restrict values,
                                  global const int* restrict positions,
                                  global const void* restrict shared_keys, global float* restrict y,
                                  const AttentionArgs* a) {
  const uint heads = (uint)a->heads;
  const uint dims = (uint)a->value_dim;
  for (uint item = worker; item < (uint)a->tokens * heads; item += workers) {
    const int kv_head = (int)(item % heads) / (a->heads / a->kv_heads);
    const int position = positions[item / heads];
    const int begin = a->window > 0 ? max(0, position + 1 - a->window) : 0;
    const int end = min(position + 1, a->context);
    const size_t key_at = (size_t)(a->key_offset + kv_head * a->key_stride);
    const size_t value_at = (size_t)(a->value_offset + kv_head * a->value_stride);
    global const float* query = q + (size_t)item * (uint)(a->key_dim + a->shared_dim);
    global float* out = y + (size_t)item * dims;
    float highest = -INFINITY;
    for (int s = begin; s < end; ++s)
      highest = fmax(highest, attention_simple_score(query, keys, shared_keys, (size_t)s, key_at, a));
    for (uint d = 0; d < dims; ++d) out[d] = 0.0f;
    float sum = 0.0f;
    for (int s = begin; s < end; ++s) {
      const float p = exp(attention_simple_score(query, keys, shared_keys, (size_t)s, key_at, a) - highest);
      const size_t value = (size_t)s * (uint)a->value_width + value_at;
      sum += p;
      for (uint d = 0; d < dims; ++d) out[d] += p * attention_simple_load(values, value + d, VALUES_F16);
    }
    for (uint d = 0; d < dims; ++d) out[d] /= sum;
  }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void attention_simple(
    global const float* restrict q, global const void* restrict keys, global const void* restrict values,
    global const int* restrict positions, global const void* restrict shared_keys, global float* restrict y,
    const AttentionArgs a) {
  attention_simple_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, values, positions,
                        shared_keys, y, &a);
}
