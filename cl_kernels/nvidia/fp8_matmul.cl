// y [m, n] = x . W with E4M3 on both sides, scales of 1 x 128 and 128 x 128, sums of 128 products by wgmma
// and added up in floats. Operands as fp8_quantize.cl and fp8_pack_weight.cl leave them; scales_b [n / 128][k
// / 128]. Needs sm_90a. A group stays and takes tile after tile of 128 rows and COLS x 128 columns: warpgroup
// 0 brings W's tiles into local memory, 1 and 2 multiply 64 rows each with x's fragments straight from global
// memory. Tiles that do not fill a round of groups are cut along k: whichever part ends last adds them all
// up, in order.
#define ROWS 1
#include "nvidia/matmul_tiles.clh"
#include "nvidia/store_tile.clh"
#include "nvidia/wgmma_n128.clh"

#ifndef OUT_BF16
#error OUT_BF16 (0: y is f32)
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

// The place of the stage `index` of an item's W: blocks of 128 columns, in each COLS tiles of two stages.
INLINE global const uchar* stage_from(global const uchar* weight, const Item* item, int index,
                                      const MatmulTiles* a) {
  const int cols = (a->n + 127) / 128;
  const int col = min(item->col * COLS + index / 2 % COLS, cols - 1);
  const int step = (item->begin + index / (2 * COLS)) * 2 + index % 2;
  return weight + ((long)col * (a->k / 64) + step) * STAGE_BYTES;
}

// With the first stage of a block come the scales of x's 128 rows.
INLINE void bring_tiles(global const uchar* weight, global const float* scales_a, uint at,
                        const MatmulTiles* a) {
  const int rows = (a->m + 127) / 128;
  const int items = items_of(a);
  uint stage = 0;
  uint parity = 1;
  for (int index = (int)get_group_id(0); index < items; index += (int)get_num_groups(0)) {
    const Item item = item_at(index, a);
    const int count = (item.end - item.begin) * 2 * COLS;
    for (int i = 0; i < count; ++i) {
      const bool first = i % (2 * COLS) == 0;
      mbarrier_wait(at + EMPTY_AT + 8 * stage, parity);
      mbarrier_expect(at + FULL_AT + 8 * stage, first ? STAGE_BYTES + SCALE_BYTES : STAGE_BYTES);
      bulk_copy(at + stage * STAGE_BYTES, stage_from(weight, &item, i, a), STAGE_BYTES,
                at + FULL_AT + 8 * stage);
      if (first) {
        const long block = item.begin + i / (2 * COLS);
        bulk_copy(at + SCALES_AT + stage * SCALE_BYTES, scales_a + (block * rows + item.row) * 128,
                  SCALE_BYTES, at + FULL_AT + 8 * stage);
      }
      if (++stage == STAGES) {
        stage = 0;
        parity ^= 1;
      }
    }
  }
}

// What a thread loads next: block after block, item after item, one ahead of what is multiplied, so that
// storing a tile hides the way of the next one's. (Two ahead were slower: handing registers on waits for
// their loads.)
typedef struct Ahead {
  global const uint4* x;  // fragments of the block
  int scale;              // of W
  int step;               // from there to that of the second tile
  int left;               // blocks of the item
  int index;              // of the item
} Ahead;

INLINE void start_item(Ahead* ahead, global const uint4* x, uint warpgroup, const MatmulTiles* a) {
  const int blocks = a->k / 128;
  const Item item = item_at(min(ahead->index, items_of(a) - 1), a);
  const long block = (long)(item.row * 2 + (int)warpgroup) * blocks + item.begin;
  ahead->x = x + block * 512 + get_local_id(0) % 128u;
  ahead->scale = item.col * COLS * blocks + item.begin;
  ahead->step = item.col * COLS + 1 < (a->n + 127) / 128 ? blocks : 0;
  ahead->left = item.end - item.begin;
}

INLINE void load_block(Ahead* ahead, uint4* fragments, float* scales, global const uint4* x,
                       global const float* scales_b, uint warpgroup, const MatmulTiles* a) {
#pragma unroll
  for (int i = 0; i < 4; ++i) fragments[i] = ahead->x[i * 128];
#pragma unroll
  for (int c = 0; c < COLS; ++c) scales[c] = scales_b[ahead->scale + c * ahead->step];
  ahead->x += 512;
  ++ahead->scale;
  if (--ahead->left == 0) {
    ahead->index += (int)get_num_groups(0);
    start_item(ahead, x, warpgroup, a);
  }
}

INLINE void multiply_tiles(global const uint4* x, global const float* scales_b, global void* y,
                           global uint* workspace, local uint* arrived, uint at, uint warpgroup,
                           const MatmulTiles* a) {
  const int items = items_of(a);
  const uint thread = get_local_id(0) % 128u;
  const uint my_row = thread / 32u * 16u + thread % 32u / 4u;
  uint stage = 0;
  uint parity = 0;
  uint4 next[4];
  float next_b[COLS];
  Ahead ahead;
  ahead.index = (int)get_group_id(0);
  start_item(&ahead, x, warpgroup, a);
  load_block(&ahead, next, next_b, x, scales_b, warpgroup, a);
  for (int index = (int)get_group_id(0); index < items; index += (int)get_num_groups(0)) {
    float sum[COLS * 64];
#pragma unroll
    for (int i = 0; i < COLS * 64; ++i) sum[i] = 0.0f;
    Item item = item_at(index, a);
    for (int left = item.end - item.begin; left > 0; --left) {
      uint4 now[4];
      float scale_b[COLS];
#pragma unroll
      for (int i = 0; i < 4; ++i) now[i] = next[i];
#pragma unroll
      for (int c = 0; c < COLS; ++c) scale_b[c] = next_b[c];
      load_block(&ahead, next, next_b, x, scales_b, warpgroup, a);
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
    item = item_at(index, a);
    const int row = item.row * 128 + (int)warpgroup * 64;
    const int part = (index - a->whole) % a->parts;
    if (row < a->m &&
        (item.cut < 0 || add_parts(sum, item.cut, part, warpgroup, thread,
                                   (global float4*)(workspace + TILE_COUNTERS), workspace, arrived, a))) {
#pragma unroll
      for (int c = 0; c < COLS; ++c) {
        store_tile(sum + c * 64, row + (int)my_row, (item.col * COLS + c) * 128, thread, y, a->m, a->n);
      }
    }
  }
}

// workspace: two counters for each cut tile, zero before and after a launch, then floats of the cut tiles'
// parts.
kernel __attribute__((reqd_work_group_size(384, 1, 1))) void fp8_matmul(
    global const uint4* restrict x, global const float* restrict scales_a,
    global const uchar* restrict weight, global const float* restrict scales_b, global void* restrict y,
    global uint* restrict workspace, const MatmulTiles a) {
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
    if (get_local_id(0) == 0) bring_tiles(weight, scales_a, at, &a);
  } else {
#if COLS == 2
    REGISTERS_UP(240);
#else
    REGISTERS_UP(232);
#endif
    multiply_tiles(x, scales_b, y, workspace, arrived + (warpgroup - 1u), at, warpgroup - 1u, &a);
  }
}
