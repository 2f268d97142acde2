// E4M3 codes [n, k] to tiles of 128 rows and 64 columns, [n / 128][k / 64][8 KiB], in the order of wgmma's
// 64-byte swizzle: the 16-byte chunk c of row r lies at chunk c ^ (r / 2 % 4) of the row's 64 bytes. Rows
// from n on are zeros. A work-item moves a chunk.
#include "arithmetic.clh"
#include "cl_kernels/args/matmul_tiles.h"

kernel __attribute__((reqd_work_group_size(128, 1, 1))) void fp8_pack_weight(
    global const uchar* restrict codes, global uint4* restrict packed, const MatmulTiles a) {
  const long at = (long)get_global_id(0);
  const long chunks = (long)((a.n + 127) / 128) * 128 * (a.k / 16);
  if (at >= chunks) return;
  const int chunk = (int)(at % 4);
  const int tile_row = (int)(at / 4 % 128);
  const long tile = at / 512;
  const long row = tile / (a.k / 64) * 128 + tile_row;
  const long col = tile % (a.k / 64) * 64 + (chunk ^ (tile_row / 2 % 4)) * 16;
  packed[at] = row < a.n ? as_uint4(vload16(0, codes + row * a.k + col)) : (uint4)(0u);
}
