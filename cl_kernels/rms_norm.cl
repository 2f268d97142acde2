// y[g] = z[g] / sqrt(mean(z[g]^2) + eps) * (weight + offset) for every group g of group_cols columns; a group is
// an item. z is x, or x + delta, which goes to sum. ROUNDED: a group is a row, which becomes a record of
// FORMAT_<name> (include/activation_record.clh), and y with also_plain only; where lanes work together, E4M3 by
// warps of FOURS.
#include "args/rms_norm_args.h"
#include "arithmetic.clh"
#include "lanes.clh"

#if !defined(ROUNDED)
#error "ROUNDED: 0 or 1"
#elif ROUNDED
#include "encode_activation.clh"
#if WG_SIZE == 1
#define RUN_PRIVATE
#include "encode_activation_run.clh"
#define RUN_COLS 512  // of a row at a time: whole blocks
#else
#include "nvidia/encode_warp.clh"
#endif
#endif

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
  for (uint k = 0; k < AT_ONCE; ++k) sum = MULTIPLY_ADD(v[k], v[k], sum);
  return sum;
}

static void rms_norm_store(const vec_t* v, const vec_t* w, uint begin, uint cols, float factor,
                           const RmsNormArgs* a, global float* restrict y, global uchar* restrict record) {
#pragma unroll
  for (uint k = 0; k < AT_ONCE; ++k) {
    const uint i = begin + k * WG_SIZE * VEC;
    if (i < cols) {
      const vec_t normed = v[k] * factor * (w[k] + a->weight_offset);
#if ROUNDED
      encode_by_warp(normed, LANE % 32u, record, i / 128u, cols);
      if (a->also_plain) vec_store(normed, y + i);
#else
      vec_store(normed, y + i);
#endif
    }
  }
}

// A lane's first columns stay in registers.
static void rms_norm_group(global const float* restrict x, global const float* restrict weight,
                           global const float* restrict delta, global float* restrict y,
                           global float* restrict sum, global uchar* restrict record, const RmsNormArgs* a,
                           local float* scratch) {
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
  rms_norm_store(first, first_weight, lane_begin, cols, factor, a, y, record);
  for (uint begin = lane_begin + STEP; begin < cols; begin += STEP) {
    vec_t v[AT_ONCE];
    vec_t w[AT_ONCE];
    rms_norm_load(has_delta ? sum : x, begin, cols, v);
    rms_norm_load(weight, begin, cols, w);
    rms_norm_store(v, w, begin, cols, factor, a, y, record);
  }
}
#else
#define NORMED(z, w) ((z) * factor * ((w) + a->weight_offset))

#if ROUNDED
static void rms_norm_round(global const float* restrict z, global const float* restrict weight, float factor,
                           global float* restrict y, global uchar* restrict record, const RmsNormArgs* a) {
  const uint cols = (uint)a->group_cols;
  for (uint begin = 0; begin < cols; begin += RUN_COLS) {
    const uint count = min((uint)RUN_COLS, cols - begin);
    float16 vectors[RUN_COLS / 16];
    float* run = (float*)vectors;
    for (uint i = 0; i + VEC <= count; i += VEC)
      vectors[i / VEC] = NORMED(vec_load(z + begin + i), vec_load(weight + begin + i));
    for (uint i = count / VEC * VEC; i < count; ++i) run[i] = NORMED(z[begin + i], weight[begin + i]);
    for (uint i = 0; i < count && a->also_plain; ++i) y[begin + i] = run[i];
    for (uint i = count; i < RUN_COLS && i % 128u != 0u; ++i) run[i] = 0.0f;
    const uint end = begin + count;
    encode_run(run, record, (int)(begin / ACTIVATION_BLOCK),
               end < cols ? (int)(end / ACTIVATION_BLOCK) : activation_blocks((int)cols), (int)cols);
  }
}
#endif

static float rms_norm_square_sum(global const float* restrict x, uint cols, local float* scratch) {
  vec_t even = 0.0f;
  vec_t odd = 0.0f;
  uint i = LANE * VEC;
  const uint step = WG_SIZE * VEC;
  for (; i + step + VEC <= cols; i += 2 * step) {
    const vec_t a = vec_load(x + i);
    const vec_t b = vec_load(x + i + step);
    even = MULTIPLY_ADD(a, a, even);
    odd = MULTIPLY_ADD(b, b, odd);
  }
  for (; i + VEC <= cols; i += step) {
    const vec_t a = vec_load(x + i);
    even = MULTIPLY_ADD(a, a, even);
  }
  float sum = vec_sum(even + odd);
  for (uint tail = cols / VEC * VEC + LANE; tail < cols; tail += WG_SIZE) sum = MULTIPLY_ADD(x[tail], x[tail], sum);
  return group_sum(sum, scratch);
}

static void rms_norm_group(global const float* restrict x, global const float* restrict weight,
                           global const float* restrict delta, global float* restrict y,
                           global float* restrict sum, global uchar* restrict record, const RmsNormArgs* a,
                           local float* scratch) {
  const uint cols = (uint)a->group_cols;
  if (a->has_delta) {
    for (uint i = 0; i + VEC <= cols; i += VEC) vec_store(vec_load(x + i) + vec_load(delta + i), sum + i);
    for (uint i = cols / VEC * VEC; i < cols; ++i) sum[i] = x[i] + delta[i];
    x = sum;
  }
  const float factor = rms_norm_factor(rms_norm_square_sum(x, cols, scratch), cols, a);
#if ROUNDED
  rms_norm_round(x, weight, factor, y, record, a);
#else
  for (uint i = 0; i + VEC <= cols; i += VEC) vec_store(NORMED(vec_load(x + i), vec_load(weight + i)), y + i);
  for (uint i = cols / VEC * VEC; i < cols; ++i) y[i] = NORMED(x[i], weight[i]);
#endif
}
#endif

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void rms_norm(
    global const float* restrict x, global const float* restrict weight, global const float* restrict delta,
    global float* restrict y, global float* restrict sum, global uchar* restrict records, const RmsNormArgs a,
    local float* scratch) {
  const size_t cols = (size_t)a.group_cols;
  const uint worker = (uint)get_group_id(0);
  const uint workers = (uint)get_num_groups(0);
  // On CPUs groups that follow each other: memory is read ahead along a stream.
  const uint groups = (uint)a.groups;
  const uint begin = WG_SIZE == 1 ? (uint)((ulong)groups * worker / workers) : worker;
  const uint end = WG_SIZE == 1 ? (uint)((ulong)groups * (worker + 1) / workers) : groups;
  for (uint group = begin; group < end; group += WG_SIZE == 1 ? 1 : workers) {
    const size_t at = group * cols;
#if ROUNDED
    global uchar* record = records + group * activation_row_bytes(a.group_cols);
#else
    global uchar* record = records;
#endif
    rms_norm_group(x + at, weight, delta + at, y + at, sum + at, record, &a, scratch);
  }
}
