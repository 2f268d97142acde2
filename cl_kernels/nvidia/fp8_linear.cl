// y = x . W + bias with E4M3 on both sides, scales of 1 x 128 and 128 x 128, sums of 128 products by wgmma
// and added up in floats. x as fp8_fragments.cl leaves it, W in tiles (include/row_tile.clh). Needs sm_90a. A
// group stays and takes tile after tile of 128 rows and COLS x 128 columns: warpgroup 0 brings W's tiles into
// local memory, 1 and 2 multiply 64 rows each with x's fragments straight from global memory. Tiles that do
// not fill a round of groups are cut along k. GATED: Glu of two matrices, a tile's columns being 128 of
// gate and of up.
#include "cl_kernels/args/fp8_linear_args.h"
#define ROWS 1
#include "nvidia/matmul_tiles.clh"
#include "nvidia/store_rows.clh"
#include "nvidia/wgmma_n128.clh"

#ifndef GATED
#error GATED: 1 where y is what two matrices' results make of each other, else 0
#endif
#if GATED
#include "nvidia/fp8_gated_store.clh"
#define Y uchar
#else
#define Y float
#endif

#define STAGES 5
#define STAGE_BYTES 8192
#define SCALE_BYTES 512

// In local memory, one piece so that one register holds its address: the stages, x's scales with a slot for
// each stage, the barriers.
#define SCALES_AT (STAGES * STAGE_BYTES)
#define FULL_AT (SCALES_AT + STAGES * SCALE_BYTES)
#define EMPTY_AT (FULL_AT + STAGES * 8)
#define LOCAL_BYTES (EMPTY_AT + STAGES * 8)

// Brings W's tiles (include/row_tile.clh), of each block of 128 columns COLS tiles of two stages. The last
// tile has the rows that are left; what an earlier stage left behind them goes into columns of y that nobody
// stores. With the first stage of a block come the scales of x's 128 rows.
INLINE void bring_tiles(global const uchar* weight, global const uchar* beside, global const uchar* workspace,
                        uint at, const Fp8LinearArgs* a) {
  const long padded = (a->tiles.m + 127) / 128 * 128;
  const int items = items_of(&a->tiles);
  uint stage = 0;
  uint parity = 1;
  for (int index = (int)get_group_id(0); index < items; index += (int)get_num_groups(0)) {
    const Item item = item_at(index, &a->tiles);
    global const float* scales =
        (global const float*)(workspace + a->scales_at) + item.begin * padded + item.row * 128;
    global const uchar* from[COLS];
    uint bytes[COLS];
#pragma unroll
    for (int c = 0; c < COLS; ++c) {
#if GATED
      bytes[c] = STAGE_BYTES;
      from[c] = (c ? beside : weight) + item.col * 128L * a->tiles.k + item.begin * 2L * STAGE_BYTES;
#else
      const int row = min(item.col * COLS + c, (a->tiles.n + 127) / 128 - 1) * 128;
      bytes[c] = (uint)min(a->tiles.n - row, 128) * 64u;
      from[c] = weight + (long)row * a->tiles.k + (long)item.begin * 2 * bytes[c];
#endif
    }
    for (int left = item.end - item.begin; left > 0; --left) {
#pragma unroll
      for (int i = 0; i < 2 * COLS; ++i) {
        const uint full = at + FULL_AT + 8 * stage;
        mbarrier_wait(at + EMPTY_AT + 8 * stage, parity);
        mbarrier_expect(full, i == 0 ? bytes[i / 2] + SCALE_BYTES : bytes[i / 2]);
        bulk_copy(at + stage * STAGE_BYTES, from[i / 2], bytes[i / 2], full);
        if (i == 0) bulk_copy(at + SCALES_AT + stage * SCALE_BYTES, scales, SCALE_BYTES, full);
        from[i / 2] += bytes[i / 2];
        if (++stage == STAGES) stage = 0, parity ^= 1;
      }
      scales += padded;
    }
  }
}

// What a thread loads next: block after block and item after item, one block ahead of what is multiplied, so
// that storing a tile hides the way of the next one's.
typedef struct Ahead {
  global const uint4* x;        // fragments of the block
#if GATED
  int scale_b;  // of W's scales, the same of both matrices
#else
  global const float* scale_b;  // of W
  int step;                     // from there to that of the second tile
#endif
  int left;   // blocks of the item
  int index;  // of the item
} Ahead;

INLINE void start_item(Ahead* ahead, global const uchar* weight, global const uchar* workspace, int items,
                       uint warpgroup, const Fp8LinearArgs* a) {
  const int blocks = a->tiles.k / 128;
  const Item item = item_at(min(ahead->index, items - 1), &a->tiles);
  const long block = (long)(item.row * 2 + (int)warpgroup) * blocks + item.begin;
  ahead->x = (global const uint4*)(workspace + a->x_at) + block * 512 + get_local_id(0) % 128u;
#if GATED
  ahead->scale_b = item.col * blocks + item.begin;
#else
  ahead->scale_b = (global const float*)(weight + a->weight.scales_offset) + (long)item.col * COLS * blocks +
                   item.begin;
  ahead->step = item.col * COLS + 1 < (a->tiles.n + 127) / 128 ? blocks : 0;
#endif
  ahead->left = item.end - item.begin;
}

INLINE void load_block(Ahead* ahead, uint4* fragments, float* scales, global const uchar* weight,
                       global const uchar* beside, global const uchar* workspace, int items, uint warpgroup,
                       const Fp8LinearArgs* a) {
#pragma unroll
  for (int i = 0; i < 4; ++i) fragments[i] = ahead->x[i * 128];
#pragma unroll
  for (int c = 0; c < COLS; ++c) {
#if GATED
    scales[c] = ((global const float*)((c ? beside : weight) + a->weight.scales_offset))[ahead->scale_b];
#else
    scales[c] = ahead->scale_b[c * ahead->step];
#endif
  }
  --ahead->left;
  ahead->x += 512;
  ++ahead->scale_b;
  if (ahead->left == 0) {
    ahead->index += (int)get_num_groups(0);
    start_item(ahead, weight, workspace, items, warpgroup, a);
  }
}

#if !GATED
// row: the thread's first.
INLINE void store_sums(const float* sum, const Item* item, int row, global const float* bias, global float* y,
                       const Fp8LinearArgs* a) {
#pragma unroll
  for (int c = 0; c < COLS; ++c) {
    store_rows(sum + c * 64, row, a->tiles.m, (item->col * COLS + c) * 128, a->has_bias ? bias : 0, y,
               a->tiles.n);
  }
}

#endif

INLINE void multiply_tiles(global const uchar* weight, global const uchar* packed, global const uchar* beside,
                           global Y* y, global uchar* workspace, local uint* arrived, uint at,
                           uint warpgroup, const Fp8LinearArgs* a) {
  const int items = items_of(&a->tiles);
  const uint thread = get_local_id(0) % 128u;
  const uint my_row = thread / 32u * 16u + thread % 32u / 4u;
  uint stage = 0;
  uint parity = 0;
  uint4 next[4];
  float next_b[COLS];
  Ahead ahead;
  ahead.index = (int)get_group_id(0);
  start_item(&ahead, weight, packed, items, warpgroup, a);
  load_block(&ahead, next, next_b, weight, beside, packed, items, warpgroup, a);
  for (int index = (int)get_group_id(0); index < items; index += (int)get_num_groups(0)) {
    Item item = item_at(index, &a->tiles);
    float sum[COLS * 64];
#pragma unroll
    for (int i = 0; i < COLS * 64; ++i) sum[i] = 0.0f;
    for (int left = item.end - item.begin; left > 0; --left) {
      uint4 now[4];
      float scale_b[COLS];
#pragma unroll
      for (int i = 0; i < 4; ++i) now[i] = next[i];
#pragma unroll
      for (int c = 0; c < COLS; ++c) scale_b[c] = next_b[c];
      load_block(&ahead, next, next_b, weight, beside, packed, items, warpgroup, a);
      float scale_low = 0.0f;
      float scale_high = 0.0f;
#pragma unroll
      for (int c = 0; c < COLS; ++c) {
        const uint first = stage;
        mbarrier_wait(at + FULL_AT + 8 * first, parity);
        if (c == 0) {
          const uint scales = at + SCALES_AT + first * SCALE_BYTES + (warpgroup * 64u + my_row) * 4u;
          scale_low = local_float(scales);
          scale_high = local_float(scales + 32);
        }
        if (++stage == STAGES) stage = 0, parity ^= 1;
        const uint second = stage;
        mbarrier_wait(at + FULL_AT + 8 * second, parity);
        if (++stage == STAGES) stage = 0, parity ^= 1;
        const ulong b0 = descriptor_of(at + first * STAGE_BYTES);
        const ulong b1 = descriptor_of(at + second * STAGE_BYTES);
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
        if (thread == 0) mbarrier_arrive(at + EMPTY_AT + 8 * first);
        WGMMA_WAIT_ON(part);
        if (thread == 0) mbarrier_arrive(at + EMPTY_AT + 8 * second);
        const float low = scale_low * scale_b[c];
        const float high = scale_high * scale_b[c];
#pragma unroll
        for (int i = 0; i < 64; ++i) sum[c * 64 + i] = fma(part[i], i % 4 < 2 ? low : high, sum[c * 64 + i]);
      }
    }
    asm volatile("" : "+r"(index));  // its item is found again: kept, it would cost registers all along
    item = item_at(index, &a->tiles);
    const int row = item.row * 128 + (int)(warpgroup * 64u + my_row);
    if (item.row * 128 + (int)warpgroup * 64 >= a->tiles.m) continue;
    const int part = (index - a->tiles.whole) % a->tiles.parts;
    if (item.cut >= 0 &&
        !add_parts(sum, item.cut, part, warpgroup, thread,
                   (global float4*)((global uint*)workspace + TILE_COUNTERS), (global uint*)workspace, arrived,
                   &a->tiles))
      continue;
#if GATED
    store_gated(sum, row, a->tiles.m, item.col, y, a->tiles.n / 2);
#else
    store_sums(sum, &item, row, (global const float*)beside, y, a);
#endif
  }
}

// packed: the workspace again, of which all but counters and parts' sums is only read. beside: floats of a
// bias; of GATED the matrix of up.
kernel __attribute__((reqd_work_group_size(384, 1, 1))) void fp8_linear(
    global const uchar* restrict weight, global const uchar* restrict packed, global uchar* restrict workspace,
    global const uchar* restrict beside, global Y* restrict y, const Fp8LinearArgs a) {
  local uchar memory[LOCAL_BYTES] __attribute__((aligned(1024)));
  local uint arrived[2];
  const uint at = shared_address(memory);
  if (get_local_id(0) == 0) {
    for (uint i = 0; i < STAGES; ++i) {
      mbarrier_init(at + FULL_AT + 8 * i, 1);
      mbarrier_init(at + EMPTY_AT + 8 * i, 2);
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const uint warpgroup = (uint)get_local_id(0) / 128u;
  if (warpgroup == 0) {
#if COLS == 2
    REGISTERS_DOWN(24);
#else
    REGISTERS_DOWN(40);
#endif
    if (get_local_id(0) == 0) bring_tiles(weight, beside, packed, at, &a);
  } else {
#if COLS == 2
    REGISTERS_UP(240);
#else
    REGISTERS_UP(232);
#endif
    multiply_tiles(weight, packed, beside, y, workspace, arrived + (warpgroup - 1u), at, warpgroup - 1u, &a);
  }
}
