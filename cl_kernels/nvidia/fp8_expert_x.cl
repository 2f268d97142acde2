// Records of E4M3 activations (include/activation_record.clh), gathered by expert_tiles.cl's tiles, as wgmma
// wants its right operand: of a tile of R rows (its count up to a multiple of 8) codes [64 columns][R][64], of
// each row's 64 bytes word 4 i + j as word i + 4 j, so that W's words can be multiplied as they lie, then the
// 16-byte chunk c at c ^ (row / 2 % 4), the 64-byte swizzle; scales [128 columns][R]. Rows that are not there
// are zeros. A group takes eight rows.
#define ACTIVATION_E4M3 1
#include "activation_record.clh"
#include "arithmetic.clh"
#include "cl_kernels/args/fp8_experts_args.h"
#if PTX_ASM
#include "nvidia/quads.clh"
#endif

#define LANES 256

// Words q, 4 + q, 8 + q and 12 + q of 64 bytes for lane q of a quad.
INLINE uint4 words_of(global const uchar* from, int q) {
#if PTX_ASM
  return turn_quad(((global const uint4*)from)[q], (uint)q);
#else
  global const uint* words = (global const uint*)from + q;
  return (uint4)(words[0], words[4], words[8], words[12]);
#endif
}

kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void fp8_expert_x(global const uchar* restrict x,
                                                                            global uchar* restrict workspace,
                                                                            const Fp8ExpertsArgs a) {
  global const ExpertTiles* table = (global const ExpertTiles*)(workspace + a.tiles_at);
  const int eight = (int)get_group_id(0);
  if (eight >= table->eights) return;
  const ExpertTile tile =
      ((global const ExpertTile*)(table + 1))[((global const int*)(workspace + a.eights_at))[eight]];
  global const int* entries = (global const int*)(workspace + a.lists_at) + a.experts + 2 + tile.start;
  const int lane = (int)get_local_id(0);
  const int rows = (tile.count + 7) / 8 * 8;
  const int cols = a.weight.cols;
  const int x_cols = a.per_slot ? a.top_k * cols : cols;
  const long row_bytes = activation_row_bytes(x_cols);

  const int row = eight * 8 - tile.first + lane % 32 / 4;
  const int q = lane % 4;
  const int entry = row < tile.count ? entries[row] : 0;
  global const uchar* from = x + entry / a.top_k * row_bytes + (a.per_slot ? entry % a.top_k * cols : 0);
  global uint4* to =
      (global uint4*)(workspace + a.x_at + (long)tile.first * cols) + row * 4 + ((q ^ row / 2) & 3);
#pragma unroll 4
  for (int cut = lane / 32; cut < cols / 64; cut += LANES / 32) {
    const uint4 words = words_of(from + cut * 64, q);
    to[(long)cut * rows * 4] = row < tile.count ? words : (uint4)(0u);
  }

  const int scale_row = eight * 8 - tile.first + lane % 8;
  const int scale_entry = scale_row < tile.count ? entries[scale_row] : 0;
  global const float* scales =
      (global const float*)(x + scale_entry / a.top_k * row_bytes + activation_code_bytes(x_cols)) +
      (a.per_slot ? scale_entry % a.top_k * (cols / 128) : 0);
  global float* scales_to =
      (global float*)(workspace + a.scales_at) + (long)tile.first * (cols / 128) + scale_row;
  for (int block = lane / 8; block < cols / 128; block += LANES / 8) {
    scales_to[(long)block * rows] = scale_row < tile.count ? scales[block] : 0.0f;
  }
}
