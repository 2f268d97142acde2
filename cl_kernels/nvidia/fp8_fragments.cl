// Records of E4M3 activations (include/activation_record.clh) as wgmma wants A in registers: codes [64 rows]
// [128 columns][4 steps of 32][128 threads][16 bytes], word w of thread t holding row 16 (t / 32) + t % 32 / 4
// + 8 (w % 2), columns 4 (t % 4) + 16 (w / 2) .. + 3 of its step; scales [columns / 128][rows]. Rows that are
// not there are zeros. A group takes 64 rows of 128 columns. The first one also clears the counters of cut tiles.
#define ACTIVATION_E4M3 1
#include "activation_record.clh"
#include "arithmetic.clh"
#include "cl_kernels/args/fp8_linear_args.h"
#if PTX_ASM
#include "nvidia/quads.clh"
#endif

kernel __attribute__((reqd_work_group_size(128, 1, 1))) void fp8_fragments(global const uchar* restrict x,
                                                                           global uchar* restrict workspace,
                                                                           const Fp8LinearArgs a) {
  const int thread = (int)get_local_id(0);
  const int blocks = a.tiles.k / 128;
  const int block = (int)(get_group_id(0) % (uint)blocks);
  const int half_tile = (int)(get_group_id(0) / (uint)blocks);
  if (get_group_id(0) == 0) {
    for (int i = thread; i < TILE_COUNTERS; i += 128) ((global uint*)workspace)[i] = 0u;
  }
  const int count = a.tiles.m - half_tile * 64;
  global uint4* codes = (global uint4*)(workspace + a.x_at) + ((long)half_tile * blocks + block) * 512;
  global float* scales = (global float*)(workspace + a.scales_at) +
                         (long)block * ((a.tiles.m + 127) / 128 * 128) + half_tile * 64;
  const long row_bytes = activation_row_bytes(a.tiles.k);
  uint words[16];
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    const int row = thread / 32 * 16 + thread % 32 / 4 + 8 * h;
    const long token = row < count ? half_tile * 64 + row : 0;
    const int col = block * 128;
    global const uchar* record = x + token * row_bytes;
#if PTX_ASM
#pragma unroll
    for (int i = 0; i < 2; ++i) {  // two steps: a lane reads a chunk of 16 columns, and gets its word of four
      const uint4 chunk = *(global const uint4*)(record + col + i * 64 + thread % 4 * 16);
      const uint4 mine = turn_quad(row < count ? chunk : (uint4)(0u), (uint)thread % 4u);
      words[i * 8 + h] = mine.x;
      words[i * 8 + 2 + h] = mine.y;
      words[i * 8 + 4 + h] = mine.z;
      words[i * 8 + 6 + h] = mine.w;
    }
#else
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const uint word = *(global const uint*)(record + col + thread % 4 * 4 + i * 16);
      words[i / 2 * 4 + i % 2 * 2 + h] = row < count ? word : 0u;
    }
#endif
    if (thread % 4 == 0) {
      const float scale = ((global const float*)(record + activation_code_bytes(a.tiles.k)))[col / 128];
      scales[row] = row < count ? scale : 0.0f;
    }
  }
#pragma unroll
  for (int step = 0; step < 4; ++step) {
    codes[step * 128 + thread] =
        (uint4)(words[step * 4], words[step * 4 + 1], words[step * 4 + 2], words[step * 4 + 3]);
  }
}
