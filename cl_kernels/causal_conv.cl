// y[t, c] = act(bias[c] + sum_j weight[c, j] x[t - (TAPS - 1) + j, c]); what came before the call is in `state`,
// [TAPS - 1, cols], which receives the call's last rows. An item is VEC columns a lane and a chunk of tokens; that of
// the first chunk alone touches the state.
#include "activation.clh"
#include "args/causal_conv_args.h"
#include "lanes.clh"

#include "vector_part.clh"

#if !defined(TAPS) || !defined(SILU_OUT)
#error "TAPS: columns of the weight; SILU_OUT: 1 if y = silu(sum)"
#endif

#define PAST (TAPS - 1)

typedef struct ConvColumns {
  uint first;
  uint count;  // at most VEC, 0 where there are none
  vec_t bias;
  vec_t weight[TAPS];
} ConvColumns;

static inline vec_t conv_tap(global const float* restrict weight, uint first, uint count, uint tap) {
#if WG_SIZE == 1
  float taps[VEC] = {0.0f};
  for (uint i = 0; i < count; ++i) taps[i] = weight[(size_t)(first + i) * TAPS + tap];
  return vload16(0, taps);
#else
  return count > 0 ? weight[(size_t)first * TAPS + tap] : 0.0f;
#endif
}

static inline vec_t conv_output(const ConvColumns* c, const vec_t* rows) {
  vec_t sum = c->bias;
  for (uint j = 0; j < TAPS; ++j) sum += c->weight[j] * rows[j];
#if SILU_OUT
  sum = SILU(sum);
#endif
  return sum;
}

static void causal_conv_body(uint worker, uint workers, global const float* restrict x,
                             global const float* restrict weight, global float* restrict state,
                             global const int* restrict positions, global const float* restrict bias,
                             global float* restrict y, const CausalConvArgs* a) {
  const uint cols = (uint)a->cols;
  const uint tokens = (uint)a->tokens;
  const uint blocks = (cols + WG_SIZE * VEC - 1) / (WG_SIZE * VEC);
  const uint chunks = (tokens + (uint)a->chunk - 1) / (uint)a->chunk;
  for (uint item = worker; item < blocks * chunks; item += workers) {
    ConvColumns c;
    c.first = (item % blocks * WG_SIZE + LANE) * VEC;
    c.count = c.first < cols ? min(cols - c.first, VEC) : 0;
    c.bias = a->has_bias ? part_load(bias + c.first, c.count) : (vec_t)(0.0f);
    for (uint j = 0; j < TAPS; ++j) c.weight[j] = conv_tap(weight, c.first, c.count, j);
    const uint begin = item / blocks * (uint)a->chunk;
    const uint end = min(begin + (uint)a->chunk, tokens);
    const bool keeps = begin == 0;
    vec_t rows[TAPS];
    for (uint j = 0; j < PAST; ++j) {
      if (!keeps) rows[j] = part_load(x + (size_t)(begin - PAST + j) * cols + c.first, c.count);
      else rows[j] = positions[0] > 0 ? part_load(state + (size_t)j * cols + c.first, c.count) : (vec_t)(0.0f);
    }
    for (uint t = begin; t < end; ++t) {
      rows[PAST] = part_load(x + (size_t)t * cols + c.first, c.count);
      part_store(conv_output(&c, rows), y + (size_t)t * cols + c.first, c.count);
      for (uint j = 0; j < PAST; ++j) rows[j] = rows[j + 1];
    }
    if (!keeps) continue;
    for (uint j = 0; j < PAST; ++j) {
      if (tokens > end) rows[j] = part_load(x + (size_t)(tokens - PAST + j) * cols + c.first, c.count);
      part_store(rows[j], state + (size_t)j * cols + c.first, c.count);
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void causal_conv(
    global const float* restrict x, global const float* restrict weight, global float* restrict state,
    global const int* restrict positions, global const float* restrict bias, global float* restrict y,
    const CausalConvArgs a) {
  causal_conv_body((uint)get_group_id(0), (uint)get_num_groups(0), x, weight, state, positions, bias, y, &a);
}
