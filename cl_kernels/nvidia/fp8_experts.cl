// y [tokens, top_k * rows] = x . W[expert] + bias[expert] with E4M3 on both sides, scales of 1 x 128 and 128 x
// 128, sums of 128 products by wgmma and added up in floats. W's rows are wgmma's rows, an expert's entries its
// columns, of which there may be any multiple of 8: no more is multiplied than there is to multiply. W in tiles
// (include/row_tile.clh), x as fp8_expert_x.cl leaves it. Needs sm_90a. A group stays and takes work after work:
// 128 rows of W with a tile of entries (expert_tiles.cl). Warpgroup 0 brings x into local memory and W on its
// way; 1 and 2 multiply 64 rows each, which they read straight from global memory two blocks of 128 columns ahead.
#include "cl_kernels/args/fp8_experts_args.h"
#define MOST_COLUMNS EXPERT_TILE_ENTRIES
#include "nvidia/store_columns.clh"
#include "nvidia/wgmma_columns.clh"

#define STAGES 5
#define AHEAD 4  // blocks of W on their way to L2 while one is multiplied, of this work and of the next
#define EARLY 6  // eights of entries whose scales are read while tensor cores multiply
#define STAGE_BYTES (MOST_COLUMNS * 64)
#define SCALE_BYTES (MOST_COLUMNS * 4)

// In local memory, one piece so that one register holds its address: the stages, x's scales with a slot for
// each stage, the barriers.
#define SCALES_AT (STAGES * STAGE_BYTES)
#define FULL_AT (SCALES_AT + STAGES * SCALE_BYTES)
#define EMPTY_AT (FULL_AT + STAGES * 8)
#define LOCAL_BYTES (EMPTY_AT + STAGES * 8)

INLINE int cols_of(const Fp8ExpertsArgs* a) {  // tiles of W's rows
  return (a->weight.rows + 127) / 128;
}
INLINE int works_of(global const uchar* packed, const Fp8ExpertsArgs* a) {
  return ((global const ExpertTiles*)(packed + a->tiles_at))->tiles * cols_of(a);
}
INLINE ExpertTile tile_at(int index, global const uchar* packed, const Fp8ExpertsArgs* a) {
  const int4 tile = ((global const int4*)(packed + a->tiles_at))[1 + index / cols_of(a)];
  const ExpertTile result = {tile.x, tile.y, tile.z, tile.w};
  return result;
}

// Codes of 128 rows of W, or of those that are left.
INLINE global const uchar* codes_of(int expert, int col, global const uchar* weight, const Fp8ExpertsArgs* a) {
  return weight + ((long)expert * a->weight.rows + col * 128) * a->weight.cols;
}
INLINE int rows_in(int col, const Fp8ExpertsArgs* a) {
  return min(a->weight.rows - col * 128, 128);
}
INLINE void prefetch_line(global const void* at) {
  asm volatile("prefetch.global.L1 [%0];" : : "l"(at) : "memory");
}

// Two stages of 64 columns for each block of 128, the second with the block's scales.
INLINE void bring_x(global const uchar* weight, global const uchar* packed, uint at, const Fp8ExpertsArgs* a) {
  const int works = works_of(packed, a);
  const int cols = a->weight.cols;
  uint stage = 0;
  uint parity = 1;
  for (int index = (int)get_group_id(0); index < works; index += (int)get_num_groups(0)) {
    const ExpertTile tile = tile_at(index, packed, a);
    const uint rows = (uint)(tile.count + 7) / 8u * 8u;
    global const uchar* codes = packed + a->x_at + (long)tile.first * cols;
    global const uchar* scales = packed + a->scales_at + (long)tile.first * (cols / 128) * 4;
    uint w_bytes = (uint)rows_in(index % cols_of(a), a) * 128u;
    global const uchar* w = codes_of(tile.expert, index % cols_of(a), weight, a) + AHEAD * w_bytes;
    for (int left = cols / 64; left > 0; --left) {
      const uint full = at + FULL_AT + 8 * stage;
      const uint scale_bytes = left % 2 == 0 ? 0u : rows * 4u;
      mbarrier_wait(at + EMPTY_AT + 8 * stage, parity);
      mbarrier_expect(full, rows * 64u + scale_bytes);
      bulk_copy(at + stage * STAGE_BYTES, codes, rows * 64u, full);
      if (scale_bytes > 0) bulk_copy(at + SCALES_AT + stage * SCALE_BYTES, scales, scale_bytes, full);
      codes += rows * 64u;
      scales += scale_bytes;
      if (++stage == STAGES) stage = 0, parity ^= 1;
      if (left % 2 == 0) {
        if (left == 2 * AHEAD) {
          const int next = min(index + (int)get_num_groups(0), works - 1);
          w_bytes = (uint)rows_in(next % cols_of(a), a) * 128u;
          w = codes_of(tile_at(next, packed, a).expert, next % cols_of(a), weight, a);
        }
        bulk_prefetch(w, w_bytes);
        w += w_bytes;
      }
    }
  }
}

// Where a thread's two rows of W go on: 8 apart, of each 64 columns the quad's lane has 16.
typedef struct Rows {
  global const uchar* codes;  // of the first row
  global const float* scale;  // of the block
  int second;                 // bytes from there to the second row
  int step;                   // to the next 64 columns
} Rows;

INLINE Rows rows_of(int expert, int col, global const uchar* weight, const Fp8ExpertsArgs* a) {
  const int thread = (int)get_local_id(0) - 128;
  const int rows = rows_in(col, a);
  const int row = thread / 32 * 16 + thread % 32 / 4;
  const int first = min(row, rows - 1);  // a row that is not there has results that nobody stores
  const int second = min(row + 8, rows - 1);
  const int first_at = first * 64 + ((thread ^ first / 2) & 3) * 16;
  const int second_at = second * 64 + ((thread ^ second / 2) & 3) * 16;
  Rows result;
  result.codes = codes_of(expert, col, weight, a) + first_at;
  result.scale = (global const float*)(weight + a->weight.scales_offset + expert * a->weight.expert_scale_bytes) +
                 (long)col * (a->weight.cols / 128);
  result.second = second_at - first_at;
  result.step = rows * 64;
  return result;
}

INLINE uint4 load_once(global const uchar* from) {
  uint4 v;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(from));
  return v;
}
// 128 columns of a thread's two rows.
typedef struct Block {
  uint4 low[2];   // of each 64 columns
  uint4 high[2];  // the same, 8 rows further
  float scale;
} Block;

INLINE void swap_blocks(Block* blocks) {
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const uint4 low = blocks[0].low[i];
    const uint4 high = blocks[0].high[i];
    blocks[0].low[i] = blocks[1].low[i];
    blocks[0].high[i] = blocks[1].high[i];
    blocks[1].low[i] = low;
    blocks[1].high[i] = high;
  }
  const float scale = blocks[0].scale;
  blocks[0].scale = blocks[1].scale;
  blocks[1].scale = scale;
}

INLINE void load_block(Block* block, Rows* rows) {
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    block->low[i] = load_once(rows->codes + i * rows->step);
    block->high[i] = load_once(rows->codes + (i * rows->step + rows->second));
  }
  block->scale = *rows->scale;
  rows->codes += 2 * rows->step;
  ++rows->scale;
}

// What the multiplying threads go through together.
typedef struct Stream {
  uint stage;
  uint parity;
  Rows rows;  // to be loaded next
  int left;   // blocks of their work to be loaded
  Rows next;  // of the work behind
} Stream;

INLINE void advance(Stream* stream) {
  if (++stream->stage == STAGES) stream->stage = 0, stream->parity ^= 1;
}
INLINE float2 local_float2(uint at) {
  float2 v;
  asm volatile("ld.shared.v2.f32 {%0, %1}, [%2];" : "=f"(v.x), "=f"(v.y) : "r"(at) : "memory");
  return v;
}

// sum += 128 columns of W . x, for n entries; `block` has W's and gets those of two blocks further.
INLINE void multiply_block(float* sum, Block* block, Stream* stream, uint at, const Fp8ExpertsArgs* a,
                           const int n) {
  const uint lane = (uint)get_local_id(0) % 32u;
  uint4 now[4];
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    now[2 * i] = (uint4)(block->low[i].x, block->high[i].x, block->low[i].y, block->high[i].y);
    now[2 * i + 1] = (uint4)(block->low[i].z, block->high[i].z, block->low[i].w, block->high[i].w);
  }
  const float scale = block->scale;
  load_block(block, &stream->rows);
  if (--stream->left == 0) {
    stream->rows = stream->next;
    stream->left = a->weight.cols / 128;
  }
  const uint first = stream->stage;
  mbarrier_wait(at + FULL_AT + 8 * first, stream->parity);
  advance(stream);
  const uint second = stream->stage;
  mbarrier_wait(at + FULL_AT + 8 * second, stream->parity);
  advance(stream);
  const ulong b0 = descriptor_of(at + first * STAGE_BYTES);
  const ulong b1 = descriptor_of(at + second * STAGE_BYTES);
  const uint scales = at + SCALES_AT + second * SCALE_BYTES + lane % 4u * 8u;
  float part[MOST_COLUMNS / 2];
  wgmma_fence();
  wgmma_columns(part, now[0], b0, n);
  wgmma_more_columns(part, now[1], b0 + 2, n);
  wgmma_commit();
  wgmma_more_columns(part, now[2], b1, n);
  wgmma_more_columns(part, now[3], b1 + 2, n);
  wgmma_commit();
  float2 early[EARLY];
#pragma unroll
  for (int j = 0; j < EARLY; ++j) early[j] = j < n / 8 ? local_float2(scales + 32u * j) * scale : 0.0f;
  WGMMA_WAIT(1);
  if (lane == 0) mbarrier_arrive(at + EMPTY_AT + 8 * first);
  wgmma_wait_columns(part, n);
#pragma unroll
  for (int j = 0; j < MOST_COLUMNS / 8; ++j) {
    if (j >= n / 8) continue;
    const float2 s = j < EARLY ? early[j < EARLY ? j : 0] : local_float2(scales + 32u * j) * scale;
    sum[4 * j] = fma(part[4 * j], s.x, sum[4 * j]);
    sum[4 * j + 1] = fma(part[4 * j + 1], s.y, sum[4 * j + 1]);
    sum[4 * j + 2] = fma(part[4 * j + 2], s.x, sum[4 * j + 2]);
    sum[4 * j + 3] = fma(part[4 * j + 3], s.y, sum[4 * j + 3]);
  }
  if (lane == 0) mbarrier_arrive(at + EMPTY_AT + 8 * second);
}

INLINE void store_sums(const float* sum, const ExpertTile* tile, int col, global const float* bias,
                       global float* y, global const uchar* packed, const Fp8ExpertsArgs* a) {
  Columns columns;
  columns.y = y;
  columns.places = (global const int*)(packed + a->lists_at) + a->experts + 2 + tile->start;
  columns.count = tile->count;
  columns.rows = a->weight.rows;
  const int row = col * 128 + ((int)get_local_id(0) / 32 - 4) * 16;
  store_columns(sum, row, a->has_bias ? bias + (long)tile->expert * a->weight.rows : 0, &columns);
}

INLINE void multiply_tile(float* sum, Block* blocks, Stream* stream, uint at, const Fp8ExpertsArgs* a,
                          const int n) {
#pragma unroll
  for (int i = 0; i < MOST_COLUMNS / 2; ++i) {
    if (i < n / 2) sum[i] = 0.0f;
  }
  for (int left = a->weight.cols / 128; left > 0; left -= 2) {
    multiply_block(sum, &blocks[0], stream, at, a, n);
    if (left > 1) multiply_block(sum, &blocks[1], stream, at, a, n);
  }
}

// Brings into L1 where a tile's sums go and the tile of a work to come.
INLINE void fetch_places(const ExpertTile* tile, int index, global const uchar* packed, const Fp8ExpertsArgs* a) {
  const int lane = (int)get_local_id(0) % 32;
  if (lane <= MOST_COLUMNS * 4 / 128) {
    const int entry = a->experts + 2 + tile->start + min(lane * 32, tile->count - 1);
    prefetch_line((global const int*)(packed + a->lists_at) + entry);
  } else if (lane == 31) {
    prefetch_line((global const int4*)(packed + a->tiles_at) + 1 + index / cols_of(a));
  }
}

INLINE void multiply_tiles(global const uchar* weight, global const uchar* packed, global const float* bias,
                           global float* y, uint at, const Fp8ExpertsArgs* a) {
  const int works = works_of(packed, a);
  int index = (int)get_group_id(0);
  if (index >= works) return;
  ExpertTile tile = tile_at(index, packed, a);
  Stream stream;
  stream.stage = 0;
  stream.parity = 0;
  stream.rows = rows_of(tile.expert, index % cols_of(a), weight, a);
  stream.left = a->weight.cols / 128 - 2;
  Block blocks[2];
  load_block(&blocks[0], &stream.rows);
  load_block(&blocks[1], &stream.rows);
  for (; index < works; index += (int)get_num_groups(0)) {
    const int next_index = min(index + (int)get_num_groups(0), works - 1);
    const ExpertTile next = tile_at(next_index, packed, a);
    stream.next = rows_of(next.expert, next_index % cols_of(a), weight, a);
    fetch_places(&tile, min(next_index + (int)get_num_groups(0), works - 1), packed, a);
    const int eights = (tile.count + 7) / 8;
    float sum[MOST_COLUMNS / 2];
#define TILE(n) multiply_tile(sum, blocks, &stream, at, a, n)
    if (eights <= 2) TILE(16);
    else if (eights <= 8) TILE(64);
    else if (eights <= 12) TILE(96);
    else if (eights <= 14) TILE(112);
    else if (eights == 15) TILE(120);
    else if (eights == 16) TILE(128);
    else if (eights == 17) TILE(136);
    else TILE(144);
#undef TILE
    store_sums(sum, &tile, index % cols_of(a), bias, y, packed, a);
    if (a->weight.cols / 128 % 2 != 0) swap_blocks(blocks);
    tile = next;
  }
}

kernel __attribute__((reqd_work_group_size(384, 1, 1))) void fp8_experts(
    global const uchar* restrict weight, global const uchar* restrict packed, global const float* restrict bias,
    global float* restrict y, const Fp8ExpertsArgs a) {
  local uchar memory[LOCAL_BYTES] __attribute__((aligned(1024)));
  const uint at = shared_address(memory);
  if (get_local_id(0) == 0) {
    for (uint i = 0; i < STAGES; ++i) {
      mbarrier_init(at + FULL_AT + 8 * i, 1);
      mbarrier_init(at + EMPTY_AT + 8 * i, 8);
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  if (get_local_id(0) < 128) {
    REGISTERS_DOWN(24);
    if (get_local_id(0) == 0) bring_x(weight, packed, at, &a);
  } else {
    REGISTERS_UP(240);
    multiply_tiles(weight, packed, bias, y, at, &a);
  }
}
