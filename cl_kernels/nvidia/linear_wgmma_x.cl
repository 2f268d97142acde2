// x [tokens, cols] to bf16 as wgmma wants A in registers: [64 rows][64 columns][X_PARTS][4 steps of 16]
// [128 threads][16 bytes]; word w of thread t holds row 16 (t / 32) + t % 32 / 4 + 8 (w % 2), columns
// 2 (t % 4) + 8 (w / 2) and the next of its step. x is floats, or with ACTIVATION_* records
// (include/activation_record.clh). Part 1 is what part 0 leaves. Rows padded to 128 and columns to 64 are
// zeros. A group packs 64 rows of 64 columns. The first one also clears the counters of cut tiles.
#include "activation_record.clh"
#include "cl_kernels/args/linear_wgmma_args.h"
#include "nvidia/bf16_parts.clh"
#if PTX_ASM
#include "nvidia/quads.clh"
#endif

#ifndef X_PARTS
#error X_PARTS: 1 or 2 bf16 for each element of x
#endif

#if defined(ACTIVATION_BF16)
// Eight elements from column col on, pairs as words.
INLINE void parts_at(global const uchar* x, long row, int col, int cols, uint4* parts) {
  parts[0] = *(global const uint4*)(x + row * activation_row_bytes(cols) + col * 2);
}
#else
#if defined(ACTIVATION_INT8)
INLINE float8 eight_at(global const uchar* x, long row, int col, int cols) {
  global const uchar* record = x + row * activation_row_bytes(cols);
  const float scale = ((global const float*)(record + activation_code_bytes(cols)))[col / ACTIVATION_BLOCK];
  return convert_float8(as_char8(*(global const uint2*)(record + col))) * scale;
}
#else
INLINE float8 eight_at(global const uchar* x, long row, int col, int cols) {
  global const float* from = (global const float*)x + row * cols + col;
  float v[8];
  if (cols % 4 == 0) {
    vstore4(col < cols ? *(global const float4*)from : (float4)(0.0f), 0, v);
    vstore4(col + 4 < cols ? *(global const float4*)(from + 4) : (float4)(0.0f), 1, v);
  } else {
#pragma unroll
    for (int i = 0; i < 8; ++i) v[i] = col + i < cols ? from[i] : 0.0f;
  }
  return vload8(0, v);
}
#endif

INLINE void parts_at(global const uchar* x, long row, int col, int cols, uint4* parts) {
  float v[8];
  uint high[8];
  vstore8(eight_at(x, row, col, cols), 0, v);
#pragma unroll
  for (int i = 0; i < 8; ++i) high[i] = bf16_of(v[i]);
  parts[0] = (uint4)(high[0], high[2], high[4], high[6]) | (uint4)(high[1], high[3], high[5], high[7]) << 16;
#if X_PARTS == 2
  uint low[8];
#pragma unroll
  for (int i = 0; i < 8; ++i) low[i] = bf16_rest(v[i], high[i]);
  parts[1] = (uint4)(low[0], low[2], low[4], low[6]) | (uint4)(low[1], low[3], low[5], low[7]) << 16;
#endif
}
#endif

// The work-item's words of 32 columns of a row: of each eight columns the pair of lane % 4.
INLINE void words_at(global const uchar* x, int row, int col, uint lane, const LinearWgmmaArgs* a,
                     uint4* words) {
  uint4 parts[X_PARTS];
#if PTX_ASM
  // A lane reads eight columns, and gets its pair of all four lanes' eights.
#pragma unroll
  for (int p = 0; p < X_PARTS; ++p) parts[p] = (uint4)(0u);
  if (row < a->tiles.m) parts_at(x, row, col + (int)lane * 8, a->weight.cols, parts);
#pragma unroll
  for (int p = 0; p < X_PARTS; ++p) words[p] = turn_quad(parts[p], lane);
#else
  uint mine[X_PARTS][4] = {{0u}};
  for (int i = 0; i < 4 && row < a->tiles.m; ++i) {
    uint four[4];
    parts_at(x, row, col + i * 8, a->weight.cols, parts);
    for (int p = 0; p < X_PARTS; ++p) {
      vstore4(parts[p], 0, four);
      mine[p][i] = four[lane];
    }
  }
  for (int p = 0; p < X_PARTS; ++p) words[p] = vload4(0, mine[p]);
#endif
}

kernel __attribute__((reqd_work_group_size(128, 1, 1))) void linear_wgmma_x(global const uchar* restrict x,
                                                                            global uchar* restrict workspace,
                                                                            const LinearWgmmaArgs a) {
  const int thread = (int)get_local_id(0);
  if (get_group_id(0) == 0) {
    for (int i = thread; i < TILE_COUNTERS; i += 128) ((global uint*)workspace)[i] = 0u;
  }
  const int blocks = a.tiles.k / 128;
  const int block = (int)(get_group_id(0) % (uint)blocks);
  const int tile = (int)(get_group_id(0) / (uint)blocks);
  const int row = tile * 64 + thread / 32 * 16 + thread % 32 / 4;
  global uint4* to =
      (global uint4*)(workspace + a.x_at) + ((long)tile * blocks + block) * (X_PARTS * 512) + thread;
#pragma unroll
  for (int i = 0; i < 2; ++i) {  // two steps
    uint4 upper[X_PARTS];
    uint4 lower[X_PARTS];
    words_at(x, row, block * 64 + i * 32, (uint)thread % 4u, &a, upper);
    words_at(x, row + 8, block * 64 + i * 32, (uint)thread % 4u, &a, lower);
#pragma unroll
    for (int p = 0; p < X_PARTS; ++p) {
      to[p * 512 + i * 256] = (uint4)(upper[p].x, lower[p].x, upper[p].y, lower[p].y);
      to[p * 512 + i * 256 + 128] = (uint4)(upper[p].z, lower[p].z, upper[p].w, lower[p].w);
    }
  }
}
