// y [m, n] = x . W with E4M3 on both sides, scales of 1 x 128 and 128 x 128, sums of 128 products by wgmma
// and added up in floats. Operands as fp8_quantize.cl and fp8_pack_weight.cl leave them; scales_b [n / 128][k
// / 128]. Needs sm_90a. A group stays and takes tile after tile of 128 x 128: warpgroup 0 brings W's tiles
// into local memory, 1 and 2 multiply 64 rows each with x's fragments straight from global memory.
#include "cl_kernels/args/fp8_matmul_args.h"
#include "nvidia/wgmma_n128.clh"

#ifndef OUT_BF16
#error OUT_BF16 (0: y is f32)
#endif
#ifndef BAND
#define BAND 16  // tiles of rows that share W's tiles while these are in L2
#endif
#define STAGES 5
#define STAGE_BYTES 8192

typedef struct Tile {
  int row;  // of the first of its rows, in tiles
  int col;
} Tile;

INLINE Tile tile_at(int index, int rows, int cols) {
  const int band = index / (BAND * cols);
  const int band_rows = min(rows - band * BAND, BAND);
  const int in_band = index - band * BAND * cols;
  Tile tile;
  tile.row = band * BAND + in_band % band_rows;
  tile.col = in_band / band_rows;
  return tile;
}

// 64-byte swizzle: rows of 64 bytes, groups of 8 rows 512 bytes apart.
INLINE ulong descriptor_of(uint address) {
  return (ulong)(address >> 4 & 0x3FFFu) | 1ul << 16 | 32ul << 32 | 2ul << 62;
}

INLINE uint bf16_pair(float lo, float hi) {
  uint pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(hi), "f"(lo));
  return pair;
}
INLINE uint swap_lanes(uint v, uint mask) {
  uint other;
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 31, -1;" : "=r"(other) : "r"(v), "r"(mask));
  return other;
}

// One row's 4 column groups of 8: of each, this lane of a quad holds 2 columns; after the exchange it holds
// all 8 of group lane.
INLINE uint4 gather_quad(uint4 v, uint lane) {
  const bool odd = lane & 1u;
  const uint a = swap_lanes(odd ? v.x : v.y, 1u);
  const uint b = swap_lanes(odd ? v.z : v.w, 1u);
  const uint4 u = odd ? (uint4)(a, v.y, b, v.w) : (uint4)(v.x, a, v.z, b);
  const bool upper = lane & 2u;
  const uint c = swap_lanes(upper ? u.x : u.z, 2u);
  const uint d = swap_lanes(upper ? u.y : u.w, 2u);
  return upper ? (uint4)(c, d, u.z, u.w) : (uint4)(u.x, u.y, c, d);
}

INLINE void store_tile(const float* sum, int row, int col, uint thread, global void* y,
                       const Fp8MatmulArgs* a) {
  const uint lane = thread % 4u;
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    const int r = row + 8 * h;
#pragma unroll
    for (int j = 0; j < 16; j += 4) {
#if OUT_BF16
      const uint4 pairs = (uint4)(bf16_pair(sum[4 * j + 2 * h], sum[4 * j + 2 * h + 1]),
                                  bf16_pair(sum[4 * j + 4 + 2 * h], sum[4 * j + 5 + 2 * h]),
                                  bf16_pair(sum[4 * j + 8 + 2 * h], sum[4 * j + 9 + 2 * h]),
                                  bf16_pair(sum[4 * j + 12 + 2 * h], sum[4 * j + 13 + 2 * h]));
      const uint4 eight = gather_quad(pairs, lane);
      const int c = col + 8 * (j + (int)lane);
      if (r < a->m && c < a->n) *(global uint4*)((global ushort*)y + (long)r * a->n + c) = eight;
#else
#pragma unroll
      for (int i = j; i < j + 4; ++i) {
        const int c = col + 8 * i + 2 * (int)lane;
        if (r < a->m && c < a->n) {
          *(global float2*)((global float*)y + (long)r * a->n + c) =
              (float2)(sum[4 * i + 2 * h], sum[4 * i + 2 * h + 1]);
        }
      }
#endif
    }
  }
}

INLINE void bring_tiles(global const uchar* weight, uint stages, uint full, uint empty,
                        const Fp8MatmulArgs* a) {
  const int rows = (a->m + 127) / 128;
  const int cols = (a->n + 127) / 128;
  const int steps = a->k / 64;
  uint stage = 0;
  uint parity = 1;
  for (int index = (int)get_group_id(0); index < rows * cols; index += (int)get_num_groups(0)) {
    global const uchar* from = weight + (long)tile_at(index, rows, cols).col * steps * STAGE_BYTES;
    for (int step = 0; step < steps; ++step) {
      mbarrier_wait(empty + 8 * stage, parity);
      mbarrier_expect(full + 8 * stage, STAGE_BYTES);
      bulk_copy(stages + stage * STAGE_BYTES, from, STAGE_BYTES, full + 8 * stage);
      from += STAGE_BYTES;
      if (++stage == STAGES) {
        stage = 0;
        parity ^= 1;
      }
    }
  }
}

// A block of 128 columns: this thread's fragments of x, the scales of its two rows and W's.
INLINE void load_block(global const uint4* x, global const float* scales_a, global const float* scales_b,
                       Tile tile, int block, int my_row, uint thread, uint warpgroup, int rows, int blocks,
                       uint4* fragments, float* scales) {
  global const uint4* from = x + ((long)(tile.row * 2 + (int)warpgroup) * blocks + block) * 512 + thread;
#pragma unroll
  for (int i = 0; i < 4; ++i) fragments[i] = from[i * 128];
  global const float* s_a = scales_a + (long)block * rows * 128 + tile.row * 128 + my_row;
  scales[0] = s_a[0];
  scales[1] = s_a[8];
  scales[2] = scales_b[(long)tile.col * blocks + block];
}

INLINE void multiply_tiles(global const uint4* x, global const float* scales_a, global const float* scales_b,
                           global void* y, uint stages, uint full, uint empty, uint warpgroup,
                           const Fp8MatmulArgs* a) {
  const int rows = (a->m + 127) / 128;
  const int cols = (a->n + 127) / 128;
  const int blocks = a->k / 128;
  const uint thread = get_local_id(0) % 128u;
  const int my_row = (int)(warpgroup * 64u + thread / 32u * 16u + thread % 32u / 4u);
  uint stage = 0;
  uint parity = 0;
  uint4 next[4];
  float next_scales[3];
  int index = (int)get_group_id(0);
  Tile tile = tile_at(index, rows, cols);
  load_block(x, scales_a, scales_b, tile, 0, my_row, thread, warpgroup, rows, blocks, next, next_scales);
  while (index < rows * cols) {
    float sum[64];
#pragma unroll
    for (int i = 0; i < 64; ++i) sum[i] = 0.0f;
    index += (int)get_num_groups(0);
    const Tile after = tile_at(min(index, rows * cols - 1), rows, cols);
    for (int block = 0; block < blocks; ++block) {
      uint4 now[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) now[i] = next[i];
      const float low = next_scales[0] * next_scales[2];
      const float high = next_scales[1] * next_scales[2];
      // The block behind this one, or the next tile's first, so that storing this tile hides its way here.
      const bool last = block + 1 == blocks;
      Tile ahead;
      ahead.row = last ? after.row : tile.row;
      ahead.col = last ? after.col : tile.col;
      load_block(x, scales_a, scales_b, ahead, last ? 0 : block + 1, my_row, thread, warpgroup, rows, blocks,
                 next, next_scales);

      const uint first = stage;
      mbarrier_wait(full + 8 * first, parity);
      if (++stage == STAGES) stage = 0, parity ^= 1;
      const uint second = stage;
      mbarrier_wait(full + 8 * second, parity);
      if (++stage == STAGES) stage = 0, parity ^= 1;
      const ulong b0 = descriptor_of(stages + first * STAGE_BYTES);
      const ulong b1 = descriptor_of(stages + second * STAGE_BYTES);
      float part[64];
#pragma unroll
      for (int i = 0; i < 64; ++i) part[i] = 0.0f;
      wgmma_fence();
      WGMMA_M64N128K32(part, now[0], b0, 0);
      WGMMA_M64N128K32(part, now[1], b0 + 2, 1);
      wgmma_commit();
      WGMMA_M64N128K32(part, now[2], b1, 1);
      WGMMA_M64N128K32(part, now[3], b1 + 2, 1);
      wgmma_commit();
      WGMMA_WAIT(1);
      if (thread == 0) mbarrier_arrive(empty + 8 * first);
      WGMMA_WAIT_ON(part);
      if (thread == 0) mbarrier_arrive(empty + 8 * second);
#pragma unroll
      for (int i = 0; i < 64; ++i) sum[i] = fma(part[i], i % 4 < 2 ? low : high, sum[i]);
    }
    store_tile(sum, tile.row * 128 + my_row, tile.col * 128, thread, y, a);
    tile = after;
  }
}

kernel __attribute__((reqd_work_group_size(384, 1, 1))) void fp8_matmul(global const uint4* restrict x,
                                                                        global const float* restrict scales_a,
                                                                        global const uchar* restrict weight,
                                                                        global const float* restrict scales_b,
                                                                        global void* restrict y,
                                                                        const Fp8MatmulArgs a) {
  local uchar tiles[STAGES * STAGE_BYTES] __attribute__((aligned(1024)));
  local ulong barriers[2 * STAGES];
  const uint stages = shared_address(tiles);
  const uint full = shared_address(barriers);
  const uint empty = full + 8 * STAGES;
  if (get_local_id(0) == 0) {
    for (uint i = 0; i < STAGES; ++i) {
      mbarrier_init(full + 8 * i, 1);
      mbarrier_init(empty + 8 * i, 2);
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const uint warpgroup = (uint)get_local_id(0) / 128u;
  if (warpgroup == 0) {
    REGISTERS_DOWN(40);
    if (get_local_id(0) == 0) bring_tiles(weight, stages, full, empty, &a);
  } else {
    REGISTERS_UP(232);
    multiply_tiles(x, scales_a, scales_b, y, stages, full, empty, warpgroup - 1u, &a);
  }
}
