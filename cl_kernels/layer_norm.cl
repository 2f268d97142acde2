// y[g] = (x[g] - mean) / sqrt(variance + eps) * weight + bias for every group g of group_cols columns; one group
// an item.
#include "args/layer_norm_args.h"
#include "lanes.clh"

static float layer_norm_mean(global const float* restrict x, uint cols, local float* scratch) {
  vec_t sums = 0.0f;
  for (uint i = LANE * VEC; i + VEC <= cols; i += WG_SIZE * VEC) sums += vec_load(x + i);
  float sum = vec_sum(sums);
  for (uint tail = cols / VEC * VEC + LANE; tail < cols; tail += WG_SIZE) sum += x[tail];
  return group_sum(sum, scratch) / (float)cols;
}

static float layer_norm_variance(global const float* restrict x, uint cols, float mean, local float* scratch) {
  vec_t sums = 0.0f;
  for (uint i = LANE * VEC; i + VEC <= cols; i += WG_SIZE * VEC) {
    const vec_t apart = vec_load(x + i) - mean;
    sums += apart * apart;
  }
  float sum = vec_sum(sums);
  for (uint tail = cols / VEC * VEC + LANE; tail < cols; tail += WG_SIZE) {
    const float apart = x[tail] - mean;
    sum += apart * apart;
  }
  return group_sum(sum, scratch) / (float)cols;
}

static void layer_norm_body(uint worker, uint workers, global const float* restrict x,
                            global const float* restrict weight, global const float* restrict bias,
                            global float* restrict y, const LayerNormArgs* a, local float* scratch) {
  const uint cols = (uint)a->group_cols;
  const float bias_factor = a->has_bias ? 1.0f : 0.0f;
  for (uint group = worker; group < (uint)a->groups; group += workers) {
    global const float* from = x + (size_t)group * cols;
    global float* to = y + (size_t)group * cols;
    global const float* w = weight + group % (uint)a->heads * cols;
    global const float* b = a->has_bias ? bias + group % (uint)a->heads * cols : w;
    const float mean = layer_norm_mean(from, cols, scratch);
    const float factor = 1.0f / sqrt(layer_norm_variance(from, cols, mean, scratch) + a->eps);
    for (uint i = LANE * VEC; i + VEC <= cols; i += WG_SIZE * VEC)
      vec_store((vec_load(from + i) - mean) * factor * (vec_load(w + i) + a->weight_offset) +
                    bias_factor * vec_load(b + i), to + i);
    for (uint i = cols / VEC * VEC + LANE; i < cols; i += WG_SIZE)
      to[i] = (from[i] - mean) * factor * (w[i] + a->weight_offset) + bias_factor * b[i];
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void layer_norm(
    global const float* restrict x, global const float* restrict weight, global const float* restrict bias,
    global float* restrict y, const LayerNormArgs a, local float* scratch) {
  layer_norm_body((uint)get_group_id(0), (uint)get_num_groups(0), x, weight, bias, y, &a, scratch);
}
