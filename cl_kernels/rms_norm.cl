// y[g] = z[g] / sqrt(mean(z[g]^2) + eps) * (weight + offset) for every group g of group_cols columns; a group is
// an item. z is x, or x + delta, which goes to sum.
#include "args/rms_norm_args.h"
#include "lanes.clh"

static float rms_norm_factor(float square_sum, uint cols, const RmsNormArgs* a) {
  const float mean = square_sum / (float)cols;
  return 1.0f / sqrt(mean + a->eps);
}

#if WG_SIZE > 1
#define AT_ONCE (16 / VEC)  // vectors that a lane asks memory for
#define STEP (AT_ONCE * WG_SIZE * VEC)

static void rms_norm_load(global const float* restrict from, uint begin, uint cols, vec_t* v) {
#pragma unroll
  for (uint k = 0; k < AT_ONCE; ++k) {
    const uint i = begin + k * WG_SIZE * VEC;
    v[k] = (vec_t)(0.0f);
    if (i < cols) v[k] = vec_load(from + i);
  }
}

// z of a lane's columns.
static void rms_norm_add(global const float* restrict x, global const float* restrict delta,
                         global float* restrict sum, uint begin, uint cols, bool has_delta, vec_t* v) {
  rms_norm_load(x, begin, cols, v);
  if (!has_delta) return;
  vec_t d[AT_ONCE];
  rms_norm_load(delta, begin, cols, d);
#pragma unroll
  for (uint k = 0; k < AT_ONCE; ++k) {
    const uint i = begin + k * WG_SIZE * VEC;
    v[k] += d[k];
    if (i < cols) vec_store(v[k], sum + i);
  }
}

static vec_t rms_norm_squares(const vec_t* v, vec_t sum) {
#pragma unroll
  for (uint k = 0; k < AT_ONCE; ++k) sum += v[k] * v[k];
  return sum;
}

static void rms_norm_store(const vec_t* v, const vec_t* w, uint begin, uint cols, float factor, float offset,
                           global float* restrict y) {
#pragma unroll
  for (uint k = 0; k < AT_ONCE; ++k) {
    const uint i = begin + k * WG_SIZE * VEC;
    if (i < cols) vec_store(v[k] * factor * (w[k] + offset), y + i);
  }
}

// A lane's first columns stay in registers.
static void rms_norm_group(global const float* restrict x, global const float* restrict weight,
                           global const float* restrict delta, global float* restrict y,
                           global float* restrict sum, const RmsNormArgs* a, local float* scratch) {
  const uint cols = (uint)a->group_cols;
  const uint lane_begin = LANE * VEC;
  const bool has_delta = a->has_delta != 0;
  vec_t first[AT_ONCE];
  vec_t first_weight[AT_ONCE];
  rms_norm_load(weight, lane_begin, cols, first_weight);
  rms_norm_add(x, delta, sum, lane_begin, cols, has_delta, first);
  vec_t squares = rms_norm_squares(first, (vec_t)(0.0f));
  for (uint begin = lane_begin + STEP; begin < cols; begin += STEP) {
    vec_t v[AT_ONCE];
    rms_norm_add(x, delta, sum, begin, cols, has_delta, v);
    squares = rms_norm_squares(v, squares);
  }
  const float factor = rms_norm_factor(group_sum(vec_sum(squares), scratch), cols, a);
  rms_norm_store(first, first_weight, lane_begin, cols, factor, a->weight_offset, y);
  for (uint begin = lane_begin + STEP; begin < cols; begin += STEP) {
    vec_t v[AT_ONCE];
    vec_t w[AT_ONCE];
    rms_norm_load(has_delta ? sum : x, begin, cols, v);
    rms_norm_load(weight, begin, cols, w);
    rms_norm_store(v, w, begin, cols, factor, a->weight_offset, y);
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

static void rms_norm_group(global const float* restrict x, global const float* restrict weight,
                           global const float* restrict delta, global float* restrict y,
                           global float* restrict sum, const RmsNormArgs* a, local float* scratch) {
  const uint cols = (uint)a->group_cols;
  const float offset = a->weight_offset;
  if (a->has_delta) {
    for (uint i = 0; i + VEC <= cols; i += VEC) vec_store(vec_load(x + i) + vec_load(delta + i), sum + i);
    for (uint i = cols / VEC * VEC; i < cols; ++i) sum[i] = x[i] + delta[i];
    x = sum;
  }
  const float factor = rms_norm_factor(rms_norm_square_sum(x, cols, scratch), cols, a);
  for (uint i = 0; i + VEC <= cols; i += VEC)
    vec_store(vec_load(x + i) * factor * (vec_load(weight + i) + offset), y + i);
  for (uint i = cols / VEC * VEC; i < cols; ++i) y[i] = x[i] * factor * (weight[i] + offset);
}
#endif

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void rms_norm(
    global const float* restrict x, global const float* restrict weight, global const float* restrict delta,
    global float* restrict y, global float* restrict sum, const RmsNormArgs a, local float* scratch) {
  const size_t cols = (size_t)a.group_cols;
  for (uint group = (uint)get_group_id(0); group < (uint)a.groups; group += (uint)get_num_groups(0)) {
    const size_t at = group * cols;
    rms_norm_group(x + at, weight, delta + at, y + at, sum + at, &a, scratch);
  }
}
