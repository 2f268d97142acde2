// x f32 [tokens, cols] to bf16 as wgmma wants A in registers: [64 rows][64 columns][X_PARTS][4 steps of 16]
// [128 threads][16 bytes]; word w of thread t holds row 16 (t / 32) + t % 32 / 4 + 8 (w % 2), columns
// 2 (t % 4) + 8 (w / 2) and the next of its step. Part 1 is what part 0 leaves. Rows padded to 128 and
// columns to 64 are zeros. A group packs a step of 64 rows. The first one also clears the counters of cut
// tiles.
#include "cl_kernels/args/linear_wgmma_args.h"
#include "nvidia/bf16_parts.clh"

#ifndef X_PARTS
#error X_PARTS: 1 or 2 bf16 for each element of x
#endif

INLINE float2 pair_at(global const float* x, int row, int col, int rows, int cols) {
  if (row >= rows || col >= cols) return (float2)(0.0f);
  global const float* from = x + (long)row * cols + col;
  if (cols % 2 == 0) return *(global const float2*)from;
  return (float2)(from[0], col + 1 < cols ? from[1] : 0.0f);
}

kernel __attribute__((reqd_work_group_size(128, 1, 1))) void linear_wgmma_x(global const float* restrict x,
                                                                            global uchar* restrict workspace,
                                                                            const LinearWgmmaArgs a) {
  const int thread = (int)get_local_id(0);
  if (get_group_id(0) == 0) {
    for (int i = thread; i < TILE_COUNTERS; i += 128) ((global uint*)workspace)[i] = 0u;
  }
  const int blocks = a.tiles.k / 128;
  const int step = (int)(get_group_id(0) % 4u);
  const int block = (int)(get_group_id(0) / 4u % (uint)blocks);
  const int tile = (int)(get_group_id(0) / 4u / (uint)blocks);
  const int row = tile * 64 + thread / 32 * 16 + thread % 32 / 4;
  const int col = block * 64 + step * 16 + thread % 4 * 2;
  uint high[4];
  uint low[4];
#pragma unroll
  for (int w = 0; w < 4; ++w) {
    const float2 v = pair_at(x, row + w % 2 * 8, col + w / 2 * 8, a.tiles.m, a.weight.cols);
    const uint first = bf16_of(v.x);
    const uint second = bf16_of(v.y);
    high[w] = first | second << 16;
    low[w] = bf16_rest(v.x, first) | bf16_rest(v.y, second) << 16;
  }
  global uint4* to = (global uint4*)(workspace + a.x_at) + ((long)tile * blocks + block) * (X_PARTS * 512) +
                     step * 128 + thread;
  to[0] = (uint4)(high[0], high[1], high[2], high[3]);
#if X_PARTS == 2
  to[512] = (uint4)(low[0], low[1], low[2], low[3]);
#endif
}
