// y[g] = x[g] / sqrt(mean(x[g]^2) + eps) * (weight + offset) for every group g of group_cols columns; one group an item.
#include "args/rms_norm_args.h"
#include "lanes.clh"

#if WG_SIZE > 1
#define AT_ONCE (VEC == 1u ? 8 : 4)  // vectors that a lane asks memory for

static void rms_norm_load(global const float* restrict from, uint begin, uint cols, vec_t* v) {
#pragma unroll
  for (uint k = 0; k < AT_ONCE; ++k) {
    const uint i = begin + k * WG_SIZE * VEC;
    v[k] = (vec_t)(0.0f);
    if (i < cols) v[k] = vec_load(from + i);
  }
}

static float rms_norm_square_sum(global const float* restrict x, uint cols, local float* scratch) {
  vec_t sum = (vec_t)(0.0f);
  for (uint begin = LANE * VEC; begin < cols; begin += AT_ONCE * WG_SIZE * VEC) {
    vec_t v[AT_ONCE];
    rms_norm_load(x, begin, cols, v);
#pragma unroll
    for (uint k = 0; k < AT_ONCE; ++k) sum += v[k] * v[k];
  }
  return group_sum(vec_sum(sum), scratch);
}

static void rms_norm_scale(global const float* restrict x, global const float* restrict weight,
                           global float* restrict y, uint cols, float factor, float offset) {
  for (uint begin = LANE * VEC; begin < cols; begin += AT_ONCE * WG_SIZE * VEC) {
    vec_t v[AT_ONCE];
    vec_t w[AT_ONCE];
    rms_norm_load(x, begin, cols, v);
    rms_norm_load(weight, begin, cols, w);
#pragma unroll
    for (uint k = 0; k < AT_ONCE; ++k) {
      const uint i = begin + k * WG_SIZE * VEC;
      if (i < cols) vec_store(v[k] * factor * (w[k] + offset), y + i);
    }
  }
}
#else
static float rms_norm_square_sum(global const float* restrict x, uint cols, local float* scratch) {
  vec_t even = 0.0f;
  vec_t odd = 0.0f;
  uint i = LANE * VEC;
  const uint step = WG_SIZE * VEC;
  for (; i + step + VEC <= cols; i += 2 * step) {
    const vec_t a = vec_load(x + i);
    const vec_t b = vec_load(x + i + step);
    even += a * a;
    odd += b * b;
  }
  for (; i + VEC <= cols; i += step) {
    const vec_t a = vec_load(x + i);
    even += a * a;
  }
  float sum = vec_sum(even + odd);
  for (uint tail = cols / VEC * VEC + LANE; tail < cols; tail += WG_SIZE) sum += x[tail] * x[tail];
  return group_sum(sum, scratch);
}

static void rms_norm_scale(global const float* restrict x, global const float* restrict weight,
                           global float* restrict y, uint cols, float factor, float offset) {
  for (uint i = 0; i + VEC <= cols; i += VEC)
    vec_store(vec_load(x + i) * factor * (vec_load(weight + i) + offset), y + i);
  for (uint i = cols / VEC * VEC; i < cols; ++i) y[i] = x[i] * factor * (weight[i] + offset);
}
#endif

static void rms_norm_body(uint worker, uint workers, global const float* restrict x,
                          global const float* restrict weight, global float* restrict y, const RmsNormArgs* a,
                          local float* scratch) {
  const uint cols = (uint)a->group_cols;
  for (uint group = worker; group < (uint)a->groups; group += workers) {
    global const float* from = x + (size_t)group * cols;
    global float* to = y + (size_t)group * cols;
    const float mean = rms_norm_square_sum(from, cols, scratch) / (float)cols;
    const float factor = 1.0f / sqrt(mean + a->eps);
    rms_norm_scale(from, weight, to, cols, factor, a->weight_offset);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void rms_norm(global const float* restrict x,
                                                                          global const float* restrict weight,
                                                                          global float* restrict y,
                                                                          const RmsNormArgs a,
                                                                          local float* scratch) {
  rms_norm_body((uint)get_group_id(0), (uint)get_num_groups(0), x, weight, y, &a, scratch);
}
