// Joins the chunks that attention_decode_mma.cl leaves: y = sum_c sums[c] 2^(mark[c] - highest) / sum of weights.
// A group takes 32 columns of a (token, head); its slices of 8 lanes take the chunks in turn and are added up
// in order.
#include "cl_kernels/args/attention_args.h"
#define WG_SIZE 256
#include "lanes.clh"

#include "attention_mask.clh"
#include "nvidia/decode_part.clh"
#include "nvidia/matrices.clh"
#include "nvidia/warp.clh"

#define COLS 32
#define SLICES (WG_SIZE / 8)
#define LOG2_E 1.44269504089f

INLINE float4 shuffled(float4 v, uint lanes) {
  return (float4)(shuffle_xor(v.x, lanes), shuffle_xor(v.y, lanes), shuffle_xor(v.z, lanes), shuffle_xor(v.w, lanes));
}

typedef struct {
  float highest[WG_SIZE / 32];
  float total[WG_SIZE / 32];
  float4 sums[WG_SIZE / 32][8];
} Warps;

INLINE float highest_mark(global const float2* marks, int count, float sink, local Warps* warps) {
  const int thread = (int)get_local_id(0);
  float highest = sink;
  for (int c = thread / 8; c < count; c += SLICES) highest = fmax(highest, marks[c].x);
  highest = fmax(highest, shuffle_xor(highest, 8));
  highest = fmax(highest, shuffle_xor(highest, 16));
  barrier(CLK_LOCAL_MEM_FENCE);
  if (thread % 32 == 0) warps->highest[thread / 32] = highest;
  barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
  for (int w = 0; w < WG_SIZE / 32; ++w) highest = fmax(highest, warps->highest[w]);
  return highest;
}

// Columns [col, col + COLS) of a row of y from its first `count` chunks' marks and sums. What sees no key is 0.
INLINE void join_columns(global const float2* marks, global const float* sums, int count, int col, float sink,
                         global float* y, local Warps* warps, const AttentionArgs* a) {
  const int thread = (int)get_local_id(0);
  const int mine = col + thread % 8 * 4;
  const bool exists = mine < a->value_dim;
  const float highest = highest_mark(marks, count, sink, warps);
  const float base = highest == -INFINITY ? 0.0f : highest;
  float total = 0.0f;
  float4 sum = (float4)(0.0f);
  for (int c = thread / 8; c < count; c += SLICES) {
    const float2 mark = marks[c];
    const float factor = power_of_two(mark.x - base);
    total = fma(mark.y, factor, total);
    if (exists) sum += *(global const float4*)(sums + (size_t)c * (uint)a->value_dim + mine) * factor;
  }
  total += shuffle_xor(total, 8);
  total += shuffle_xor(total, 16);
  sum += shuffled(sum, 8);
  sum += shuffled(sum, 16);
  if (thread % 32 < 8) warps->sums[thread / 32][thread % 8] = sum;
  if (thread % 32 == 0) warps->total[thread / 32] = total;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (thread >= 8 || !exists) return;
  total = power_of_two(sink - base);
  sum = (float4)(0.0f);
#pragma unroll
  for (int w = 0; w < WG_SIZE / 32; ++w) {
    total += warps->total[w];
    sum += warps->sums[w][thread];
  }
  *(global float4*)(y + mine) = sum / (total == 0.0f ? 1.0f : total);
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_decode_join(
    global float* restrict partial, global const int* restrict positions, global const float* restrict sinks,
    global float* restrict y, const AttentionArgs a) {
  local Warps warps;
  const int blocks = (a.value_dim + COLS - 1) / COLS;
  for (int item = (int)get_group_id(0); item < a.tokens * a.heads * blocks; item += (int)get_num_groups(0)) {
    const int token = item / blocks / a.heads;
    const int head = item / blocks % a.heads;
    const AttentionRange seen = attention_range(positions[token], &a);
    const Chunks chunks = chunks_of(&seen, &a);
    float sink = -INFINITY;
#ifdef SINKS
    sink = sinks[head] * LOG2_E;
#endif
    join_columns(part_mark(partial, token, head, chunks.slot, &a), part_sums(partial, token, head, chunks.slot, &a),
                 chunks.count, item % blocks * COLS, sink, y + ((size_t)token * (uint)a.heads + (uint)head) * (uint)a.value_dim,
                 &warps, &a);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
}
