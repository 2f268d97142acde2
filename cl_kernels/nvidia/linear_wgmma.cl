// y = x . W + bias of packed operands (linear_wgmma_x.cl, linear_wgmma_weight.cl) by bf16 wgmma, summed in
// floats. Of X_PARTS x W_PARTS products the one of both rests is left out. Needs sm_90a. Warpgroup 0 brings
// W's tiles into local memory, 1 and 2 multiply 64 rows each with x's fragments straight from global memory.
#include "cl_kernels/args/linear_wgmma_args.h"
#include "nvidia/matmul_tiles.clh"
#include "nvidia/wgmma_n128.clh"

#ifndef X_PARTS
#error X_PARTS: 1 or 2 bf16 for each element of x
#endif
#ifndef W_PARTS
#error W_PARTS: 1 or 2 bf16 for each element of the weight
#endif
#define STAGES 5
#define STAGE_BYTES 8192
#define BLOCK_STAGES (2 * COLS * W_PARTS)  // of 64 columns of x: [W's part][tile of W][32 columns]

// In local memory, one piece so that one register holds its address.
#define FULL_AT (STAGES * STAGE_BYTES)
#define EMPTY_AT (FULL_AT + STAGES * 8)
#define LOCAL_BYTES (EMPTY_AT + STAGES * 8)

INLINE global const uchar* stage_from(global const uchar* weight, const Item* item, int index,
                                      const MatmulTiles* a) {
  const int cols = (a->n + 127) / 128;
  const int col = min(item->col * COLS + index / 2 % COLS, cols - 1);
  const int part = index / (2 * COLS) % W_PARTS;
  const int step = (item->begin + index / BLOCK_STAGES) * 2 + index % 2;
  return weight + ((long)(part * cols + col) * (a->k / 64) + step) * STAGE_BYTES;
}

INLINE void bring_tiles(global const uchar* weight, uint at, const MatmulTiles* a) {
  const int items = items_of(a);
  uint stage = 0;
  uint parity = 1;
  for (int index = (int)get_group_id(0); index < items; index += (int)get_num_groups(0)) {
    const Item item = item_at(index, a);
    const int count = (item.end - item.begin) * BLOCK_STAGES;
    for (int i = 0; i < count; ++i) {
      mbarrier_wait(at + EMPTY_AT + 8 * stage, parity);
      mbarrier_expect(at + FULL_AT + 8 * stage, STAGE_BYTES);
      bulk_copy(at + stage * STAGE_BYTES, stage_from(weight, &item, i, a), STAGE_BYTES,
                at + FULL_AT + 8 * stage);
      if (++stage == STAGES) stage = 0, parity ^= 1;
    }
  }
}

// What a thread loads next: block after block, item after item, one ahead of what is multiplied, so that
// storing a tile hides the way of the next one's.
typedef struct Ahead {
  global const uint4* x;  // fragments of the block
  int left;               // blocks of the item
  int index;              // of the item
} Ahead;

INLINE void start_item(Ahead* ahead, global const uint4* x, uint warpgroup, const MatmulTiles* a) {
  const Item item = item_at(min(ahead->index, items_of(a) - 1), a);
  const long block = (long)(item.row * 2 + (int)warpgroup) * (a->k / 128) + item.begin;
  ahead->x = x + block * (X_PARTS * 512) + get_local_id(0) % 128u;
  ahead->left = item.end - item.begin;
}

INLINE void load_block(Ahead* ahead, uint4* fragments, global const uint4* x, uint warpgroup,
                       const MatmulTiles* a) {
#pragma unroll
  for (int i = 0; i < X_PARTS * 4; ++i) fragments[i] = ahead->x[i * 128];
  ahead->x += X_PARTS * 512;
  if (--ahead->left == 0) {
    ahead->index += (int)get_num_groups(0);
    start_item(ahead, x, warpgroup, a);
  }
}

INLINE void store_sums(const float* sum, int row, int col, global const float* bias, global float* y,
                       const LinearWgmmaArgs* a) {
  const int rows = a->tiles.m;
  const int cols = a->tiles.n;
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    const int c = col + 8 * i;
    float2 more = (float2)(0.0f);
    if (a->has_bias && c < cols) more = (float2)(bias[c], c + 1 < cols ? bias[c + 1] : 0.0f);
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      if (row + 8 * h >= rows || c >= cols) continue;
      global float* to = y + (long)(row + 8 * h) * cols + c;
      const float2 v = (float2)(sum[4 * i + 2 * h], sum[4 * i + 2 * h + 1]) + more;
      if (cols % 2 == 0) {
        *(global float2*)to = v;
      } else {
        to[0] = v.x;
        if (c + 1 < cols) to[1] = v.y;
      }
    }
  }
}

INLINE void multiply_tiles(global const uint4* x, global const float* bias, global float* y,
                           global uint* workspace, local uint* arrived, uint at, uint warpgroup,
                           const LinearWgmmaArgs* args) {
  const MatmulTiles* a = &args->tiles;
  const int items = items_of(a);
  const uint thread = get_local_id(0) % 128u;
  uint stage = 0;
  uint parity = 0;
  uint4 next[X_PARTS * 4];
  Ahead ahead;
  ahead.index = (int)get_group_id(0);
  start_item(&ahead, x, warpgroup, a);
  load_block(&ahead, next, x, warpgroup, a);
  for (int index = (int)get_group_id(0); index < items; index += (int)get_num_groups(0)) {
    float sum[COLS * 64];
#pragma unroll
    for (int i = 0; i < COLS * 64; ++i) sum[i] = 0.0f;
    Item item = item_at(index, a);
    for (int left = item.end - item.begin; left > 0; --left) {
      uint4 now[X_PARTS * 4];
#pragma unroll
      for (int i = 0; i < X_PARTS * 4; ++i) now[i] = next[i];
      load_block(&ahead, next, x, warpgroup, a);
      uint last = 0;
#pragma unroll
      for (int i = 0; i < BLOCK_STAGES; ++i) {
        const int c = i / 2 % COLS;
        const int half_block = i % 2;
        mbarrier_wait(at + FULL_AT + 8 * stage, parity);
        const ulong b = descriptor_of(at + stage * STAGE_BYTES);
        wgmma_fence();
        WGMMA_BF16_M64N128K16((sum + c * 64), now[half_block * 2], b, 1);
        WGMMA_BF16_M64N128K16((sum + c * 64), now[half_block * 2 + 1], b + 2, 1);
#if X_PARTS == 2
        if (i < 2 * COLS) {  // W's first part
          WGMMA_BF16_M64N128K16((sum + c * 64), now[4 + half_block * 2], b, 1);
          WGMMA_BF16_M64N128K16((sum + c * 64), now[4 + half_block * 2 + 1], b + 2, 1);
        }
#endif
        wgmma_commit();
        if (i > 0) {
          WGMMA_WAIT(1);
          if (thread == 0) mbarrier_arrive(at + EMPTY_AT + 8 * last);
        }
        last = stage;
        if (++stage == STAGES) stage = 0, parity ^= 1;
      }
#pragma unroll
      for (int c = 0; c < COLS; ++c) WGMMA_WAIT_ON((sum + c * 64));
      if (thread == 0) mbarrier_arrive(at + EMPTY_AT + 8 * last);
    }
    asm volatile("" : "+r"(index));  // its item is found again: kept, it would cost registers all along
    item = item_at(index, a);
    const int row = item.row * 128 + (int)warpgroup * 64;
    const int part = (index - a->whole) % a->parts;
    if (row < a->m &&
        (item.cut < 0 || add_parts(sum, item.cut, part, warpgroup, thread,
                                   (global float4*)(workspace + TILE_COUNTERS), workspace, arrived, a))) {
      const int my_row = row + (int)(thread / 32u * 16u + thread % 32u / 4u);
#pragma unroll
      for (int c = 0; c < COLS; ++c) {
        store_sums(sum + c * 64, my_row, (item.col * COLS + c) * 128 + 2 * (int)(thread % 4u), bias, y, args);
      }
    }
  }
}

// packed: the workspace again, of which packed x and W are only read.
kernel __attribute__((reqd_work_group_size(384, 1, 1))) void linear_wgmma(global const uchar* restrict packed,
                                                                          global uchar* restrict workspace,
                                                                          global const float* restrict bias,
                                                                          global float* restrict y,
                                                                          const LinearWgmmaArgs a) {
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
    REGISTERS_DOWN(40);
    if (get_local_id(0) == 0) bring_tiles(packed + a.weight_at, at, &a.tiles);
  } else {
    REGISTERS_UP(232);
    multiply_tiles((global const uint4*)(packed + a.x_at), bias, y, (global uint*)workspace,
                   arrived + (warpgroup - 1u), at, warpgroup - 1u, &a);
  }
}
