// y = x . W + bias of bf16 operands by wgmma, summed in floats: x as linear_wgmma_x.cl leaves it, W in tiles
// (include/row_tile.clh), packed by linear_wgmma_weight.cl or so from loading on. Of X_PARTS x W_PARTS
// products the one of both rests is left out. Needs sm_90a. Warpgroup 0 brings W's tiles into local memory,
// 1 and 2 multiply ROWS x 64 rows each with x's fragments straight from global memory.
#include "cl_kernels/args/linear_wgmma_args.h"
#include "nvidia/matmul_tiles.clh"
#include "nvidia/store_rows.clh"
#include "nvidia/wgmma_n128.clh"

#ifndef X_PARTS
#error X_PARTS: 1 or 2 bf16 for each element of x
#endif
#ifndef W_PARTS
#error W_PARTS: 1 or 2 bf16 for each element of the weight
#endif
#define STAGES 5
#define STAGE_BYTES 8192
// 32 columns: stages of W are [W's part][tile of W], fragments of x [64 rows][x's part][16 columns].
#define HALF_STAGES (W_PARTS * COLS)
#define FRAGMENTS (ROWS * X_PARTS * 2)
// Blocks of 64 columns of x between two times that nothing is in flight; more code than that is slower.
#if W_PARTS * COLS == 1
#define UNROLL 2
#else
#define UNROLL 1
#endif

// In local memory, one piece so that one register holds its address.
#define FULL_AT (STAGES * STAGE_BYTES)
#define EMPTY_AT (FULL_AT + STAGES * 8)
#define LOCAL_BYTES (EMPTY_AT + STAGES * 8)

// W's last tile has the rows that are left; what an earlier stage left behind them goes into columns of y
// that nobody stores.
INLINE void bring_tiles(global const uchar* weight, uint at, const MatmulTiles* a) {
  const int items = items_of(a);
  uint stage = 0;
  uint parity = 1;
  for (int index = (int)get_group_id(0); index < items; index += (int)get_num_groups(0)) {
    const Item item = item_at(index, a);
    global const uchar* from[COLS * W_PARTS];
    uint bytes[COLS];
#pragma unroll
    for (int i = 0; i < COLS * W_PARTS; ++i) {
      const int c = i % COLS;
      const int row = min(item.col * COLS + c, (a->n + 127) / 128 - 1) * 128;
      bytes[c] = (uint)min(a->n - row, 128) * 64u;
      from[i] = weight + ((long)(i / COLS) * a->n + row) * a->k + (long)item.begin * 2 * bytes[c];
    }
    for (int left = (item.end - item.begin) * 2; left > 0; --left) {
#pragma unroll
      for (int i = 0; i < HALF_STAGES; ++i) {
        const uint count = bytes[i % COLS];
        mbarrier_wait(at + EMPTY_AT + 8 * stage, parity);
        mbarrier_expect(at + FULL_AT + 8 * stage, count);
        bulk_copy(at + stage * STAGE_BYTES, from[i], count, at + FULL_AT + 8 * stage);
        from[i] += count;
        if (++stage == STAGES) stage = 0, parity ^= 1;
      }
    }
  }
}

// What a thread has of x: the fragments of two times 32 columns that are multiplied and of the two that
// follow, loaded across the end of an item, so that storing a tile hides the way of the next one's.
typedef struct Feed {
  uint4 now[2 * FRAGMENTS];
  uint4 next[2 * FRAGMENTS];
  global const uint4* from;   // what is loaded next
  global const uint4* after;  // of the next item
  int left;                   // halves of blocks to be loaded of this item, which has four or more
  uint zero;                  // as no compiler knows
} Feed;

INLINE global const uint4* item_x(int index, global const uint4* x, uint warpgroup, const MatmulTiles* a) {
  const Item item = item_at(min(index, items_of(a) - 1), a);
  const long block = (long)(item.row * 2 + (int)warpgroup) * ROWS * (a->k / 128) + item.begin;
  return x + block * (X_PARTS * 512) + get_local_id(0) % 128u;
}

// Half h of the next block moves on, and that of the block after it is loaded. Were it moved unchanged, the
// compiler would load into registers that products in flight read, and have each product waited for.
INLINE void feed_half(Feed* feed, const int h, const MatmulTiles* a) {
#pragma unroll
  for (int i = 0; i < FRAGMENTS; ++i)
    feed->now[h * FRAGMENTS + i] = feed->next[h * FRAGMENTS + i] ^ feed->zero;
  if (feed->left-- == 0) feed->from = feed->after;
#pragma unroll
  for (int r = 0; r < ROWS; ++r) {
    global const uint4* from = feed->from + r * (a->k / 128) * (X_PARTS * 512);
#pragma unroll
    for (int i = 0; i < X_PARTS * 2; ++i)
      feed->next[h * FRAGMENTS + r * X_PARTS * 2 + i] = from[h * 256 + i / 2 * 512 + i % 2 * 128];
  }
  if (h == 1) feed->from += X_PARTS * 512;
}

// 64 rows of x by a stage, 128 rows and 32 columns of W at descriptor b.
INLINE void multiply_stage(float* sum, const uint4* x, ulong b, const int w_part) {
  WGMMA_BF16_M64N128K16(sum, x[0], b, 1);
  WGMMA_BF16_M64N128K16(sum, x[1], b + 2, 1);
#if X_PARTS == 2
  if (w_part == 0) {
    WGMMA_BF16_M64N128K16(sum, x[2], b, 1);
    WGMMA_BF16_M64N128K16(sum, x[3], b + 2, 1);
  }
#endif
}

typedef struct Ring {
  uint at;
  uint stage;
  uint parity;
} Ring;

// So many blocks of 64 columns; nothing is in flight before or after.
INLINE void multiply_blocks(const int blocks, float* sum, Feed* feed, Ring* ring, const MatmulTiles* a) {
  const bool leader = get_local_id(0) % 128u == 0;
  uint last = 0;
#pragma unroll
  for (int i = 0; i < blocks * 2 * HALF_STAGES; ++i) {
    const int h = i / HALF_STAGES % 2;
    const int c = i % COLS;
    mbarrier_wait(ring->at + FULL_AT + 8 * ring->stage, ring->parity);
    const ulong b = descriptor_of(ring->at + ring->stage * STAGE_BYTES);
    wgmma_fence();
#pragma unroll
    for (int r = 0; r < ROWS; ++r)
      multiply_stage(sum + (r * COLS + c) * 64, feed->now + h * FRAGMENTS + r * X_PARTS * 2, b,
                     i / COLS % W_PARTS);
    wgmma_commit();
    if (i > 0) {
      WGMMA_WAIT(1);
      if (leader) mbarrier_arrive(ring->at + EMPTY_AT + 8 * last);
      if (i % HALF_STAGES == 0) feed_half(feed, 1 - h, a);
    }
    last = ring->stage;
    if (++ring->stage == STAGES) ring->stage = 0, ring->parity ^= 1;
  }
#pragma unroll
  for (int i = 0; i < ROWS * COLS; ++i) WGMMA_WAIT_ON((sum + i * 64));
  if (leader) mbarrier_arrive(ring->at + EMPTY_AT + 8 * last);
  feed_half(feed, 1, a);
}

INLINE void multiply_tiles(global const uint4* x, global const float* bias, global float* y,
                           global uint* workspace, local uint* arrived, uint at, uint warpgroup,
                           const LinearWgmmaArgs* args) {
  const MatmulTiles* a = &args->tiles;
  const int items = items_of(a);
  const uint thread = get_local_id(0) % 128u;
  Ring ring = {at, 0, 0};
  Feed feed;
  feed.zero = (uint)get_group_id(1);
  feed.from = item_x((int)get_group_id(0), x, warpgroup, a);
  feed.left = 4;
#pragma unroll
  for (int i = 0; i < 4; ++i) feed_half(&feed, i % 2, a);
  for (int index = (int)get_group_id(0); index < items; index += (int)get_num_groups(0)) {
    Item item = item_at(index, a);
    feed.after = item_x(index + (int)get_num_groups(0), x, warpgroup, a);
    int left = item.end - item.begin;
    feed.left = left * 2 - 4;
    float sum[TILE_FOURS * 4];
#pragma unroll
    for (int i = 0; i < TILE_FOURS * 4; ++i) sum[i] = 0.0f;
    for (; left >= UNROLL; left -= UNROLL) multiply_blocks(UNROLL, sum, &feed, &ring, a);
#if UNROLL > 1
    for (; left > 0; --left) multiply_blocks(1, sum, &feed, &ring, a);
#endif
    asm volatile("" : "+r"(index));  // its item is found again: kept, it would cost registers all along
    item = item_at(index, a);
    const int row = (item.row * 2 + (int)warpgroup) * ROWS * 64;
    const int part = (index - a->whole) % a->parts;
    if (row < a->m &&
        (item.cut < 0 || add_parts(sum, item.cut, part, warpgroup, thread,
                                   (global float4*)(workspace + TILE_COUNTERS), workspace, arrived, a))) {
      const int my_row = row + (int)(thread / 32u * 16u + thread % 32u / 4u);
#pragma unroll
      for (int i = 0; i < ROWS * COLS; ++i) {
        store_rows(sum + i * 64, my_row + i / COLS * 64, a->m, (item.col * COLS + i % COLS) * 128,
                   args->has_bias ? bias : 0, y, a->n);
      }
    }
  }
}

// packed: the workspace again, of which packed x is only read; weight: the same, or the weight in tiles.
kernel __attribute__((reqd_work_group_size(384, 1, 1))) void linear_wgmma(
    global const uchar* restrict packed, global const uchar* restrict weight,
    global uchar* restrict workspace, global const float* restrict bias, global float* restrict y,
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
    REGISTERS_DOWN(24);
    if (get_local_id(0) == 0) bring_tiles(weight + a.weight_at, at, &a.tiles);
  } else {
    REGISTERS_UP(240);
    multiply_tiles((global const uint4*)(packed + a.x_at), bias, y, (global uint*)workspace,
                   arrived + (warpgroup - 1u), at, warpgroup - 1u, &a);
  }
}
