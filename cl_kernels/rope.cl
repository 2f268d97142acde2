// Rotates columns [offset, offset + 2 half_dim) of every head of x f32[tokens, heads * head_dim] by the
// angles p * inv_freq, p = min(position % period + shift, limit), and multiplies them by scale; the other
// columns are copied.
#include "args/rope_args.h"
#include "copy.clh"

#if WG_SIZE > 1 && !defined(PAIR_LANES)
#error "PAIR_LANES: lanes that share the pairs of a head; WG_SIZE a multiple"
#endif

static void rope_pair(global const float* restrict x, global float* restrict y, uint first, uint second,
                      float cosine, float sine) {
  const float p = x[first];
  const float q = x[second];
  y[first] = p * cosine - q * sine;
  y[second] = q * cosine + p * sine;
}

#if WG_SIZE == 1
static void rope_vec(global const float* restrict x, global float* restrict y, uint pair, const RopeArgs* a,
                     float16 cosine, float16 sine) {
  if (a->interleaved) {
    const float16 low = vload16(0, x + 2 * pair);
    const float16 high = vload16(0, x + 2 * pair + 16);
    const float16 p = (float16)(low.even, high.even);
    const float16 q = (float16)(low.odd, high.odd);
    const float16 r = p * cosine - q * sine;
    const float16 s = q * cosine + p * sine;
    vstore16((float16)(r.s0, s.s0, r.s1, s.s1, r.s2, s.s2, r.s3, s.s3, r.s4, s.s4, r.s5, s.s5, r.s6, s.s6,
                       r.s7, s.s7),
             0, y + 2 * pair);
    vstore16((float16)(r.s8, s.s8, r.s9, s.s9, r.sa, s.sa, r.sb, s.sb, r.sc, s.sc, r.sd, s.sd, r.se, s.se,
                       r.sf, s.sf),
             0, y + 2 * pair + 16);
  } else {
    const uint other = pair + (uint)a->half_dim;
    const float16 p = vload16(0, x + pair);
    const float16 q = vload16(0, x + other);
    vstore16(p * cosine - q * sine, 0, y + pair);
    vstore16(q * cosine + p * sine, 0, y + other);
  }
}
#endif

// The heads share the angles of a position: x and y point at the first head's rotated columns.
#if WG_SIZE > 1
static void rope_rotate(global const float* restrict x, global float* restrict y, uint heads, float position,
                        global const float* restrict inv_freq, const RopeArgs* a) {
  const uint half_dim = (uint)a->half_dim;
  for (uint pair = LANE % PAIR_LANES; pair < half_dim; pair += PAIR_LANES) {
    const float angle = position * inv_freq[pair];
    const float cosine = cos(angle) * a->scale;
    const float sine = sin(angle) * a->scale;
    const uint first = a->interleaved ? 2 * pair : pair;
    const uint second = a->interleaved ? 2 * pair + 1 : pair + half_dim;
#pragma unroll 4
    for (uint h = LANE / PAIR_LANES; h < heads; h += WG_SIZE / PAIR_LANES) {
      const size_t at = (size_t)h * (uint)a->head_dim;
      rope_pair(x + at, y + at, first, second, cosine, sine);
    }
  }
}

// Columns [begin, end) of the heads.
static void rope_copy(global const float* restrict x, global float* restrict y, uint heads, uint begin, uint end,
                      const RopeArgs* a) {
  for (uint i = begin + LANE % PAIR_LANES * VEC; i < end; i += PAIR_LANES * VEC) {
#pragma unroll 4
    for (uint h = LANE / PAIR_LANES; h < heads; h += WG_SIZE / PAIR_LANES) {
      const size_t at = (size_t)h * (uint)a->head_dim + i;
      vec_store(vec_load(x + at), y + at);
    }
  }
}
#else
static void rope_rotate(global const float* restrict x, global float* restrict y, uint heads, float position,
                        global const float* restrict inv_freq, const RopeArgs* a) {
  const uint half_dim = (uint)a->half_dim;
  const size_t head_dim = (uint)a->head_dim;
  uint pair = 0;
  for (; pair + VEC <= half_dim; pair += VEC) {
    const float16 angle = position * vload16(0, inv_freq + pair);
    const float16 cosine = cos(angle) * a->scale;
    const float16 sine = sin(angle) * a->scale;
    for (uint h = 0; h < heads; ++h) rope_vec(x + h * head_dim, y + h * head_dim, pair, a, cosine, sine);
  }
  for (; pair < half_dim; ++pair) {
    const float angle = position * inv_freq[pair];
    const float cosine = cos(angle) * a->scale;
    const float sine = sin(angle) * a->scale;
    const uint first = a->interleaved ? 2 * pair : pair;
    const uint second = a->interleaved ? 2 * pair + 1 : pair + half_dim;
    for (uint h = 0; h < heads; ++h)
      rope_pair(x + h * head_dim, y + h * head_dim, first, second, cosine, sine);
  }
}

static void rope_copy(global const float* restrict x, global float* restrict y, uint heads, uint begin, uint end,
                      const RopeArgs* a) {
  for (uint h = 0; h < heads; ++h) {
    const size_t at = (size_t)h * (uint)a->head_dim + begin;
    copy_row(y + at, x + at, end - begin);
  }
}
#endif

static float rope_position(int position, const RopeArgs* a) {
  const int p = a->period > 0 ? position % a->period : position;
  return (float)min(p + a->shift, a->limit);
}

static void rope_body(uint worker, uint workers, global const float* restrict x,
                      global const int* restrict positions, global const float* restrict inv_freq,
                      global float* restrict y, const RopeArgs* a) {
  const uint heads = (uint)a->heads;
  const uint head_dim = (uint)a->head_dim;
  const uint offset = (uint)a->offset;
  const uint end = offset + 2 * (uint)a->half_dim;
  const uint per_item = (uint)a->heads_per_item;
  const uint blocks = (heads + per_item - 1) / per_item;
  for (uint item = worker; item < (uint)a->tokens * blocks; item += workers) {
    const uint token = item / blocks;
    const uint head = item % blocks * per_item;
    const uint count = min(per_item, heads - head);
    const size_t at = ((size_t)token * heads + head) * head_dim;
    rope_rotate(x + at + offset, y + at + offset, count, rope_position(positions[token], a), inv_freq, a);
    rope_copy(x + at, y + at, count, 0, offset, a);
    rope_copy(x + at, y + at, count, end, head_dim, a);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void rope(global const float* restrict x,
                                                                      global const int* restrict positions,
                                                                      global const float* restrict inv_freq,
                                                                      global float* restrict y,
                                                                      const RopeArgs a) {
  rope_body((uint)get_group_id(0), (uint)get_num_groups(0), x, positions, inv_freq, y, &a);
}
