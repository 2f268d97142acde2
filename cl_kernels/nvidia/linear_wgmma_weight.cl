// A weight of any format to bf16, [W_PARTS] matrices in tiles of 128 rows (include/row_tile.clh), of which
// the last has the rows that are left. Part 1 is what part 0 leaves. Columns padded to 64 are zeros. A group
// packs 8 rows.
#include "cl_kernels/args/linear_wgmma_args.h"
#include "nvidia/bf16_parts.clh"
#include "weight.clh"
#if defined(UNITS)
#include "units.clh"
#endif

#ifndef W_PARTS
#error W_PARTS: 1 or 2 bf16 for each element of the weight
#endif
#define RUN_COLS 512  // and 8 rows are a group's

// Four elements of 8 bytes.
INLINE void pack_four(global uchar* to, long part_bytes, float4 v) {
  const uint4 high = (uint4)(bf16_of(v.x), bf16_of(v.y), bf16_of(v.z), bf16_of(v.w));
  *(global uint2*)to = high.even | high.odd << 16;
#if W_PARTS == 2
  const uint4 low =
      (uint4)(bf16_rest(v.x, high.x), bf16_rest(v.y, high.y), bf16_rest(v.z, high.z), bf16_rest(v.w, high.w));
  *(global uint2*)(to + part_bytes) = low.even | low.odd << 16;
#endif
}

INLINE global uchar* packed_at(global uchar* packed, int row, int col, int blocks, const WeightArgs* a) {
  const int first = row / 128 * 128;
  const int chunk = col % 32 / 8 ^ (row / 2 % 4);
  const long piece = (long)first * blocks + col / 32 * min(a->rows - first, 128) + row % 128;
  return packed + piece * 64 + chunk * 16 + col % 8 * 2;
}

#if defined(UNITS)
// Neighbouring lanes take neighbouring units, of LANE_ROWS rows.
#define RUN_UNITS (RUN_COLS / UNIT_COLS)
#define LANE_ROWS (RUN_UNITS / 16)
INLINE void pack_rows(global const uchar* weight, global uchar* packed, int row0, int run, long part_bytes,
                      int blocks, const WeightArgs* a) {
  const int unit = run * RUN_UNITS + (int)get_local_id(0) % RUN_UNITS;
  const int first = row0 + (int)get_local_id(0) / RUN_UNITS * LANE_ROWS;
  const int col = unit_col(unit);
  if (unit >= blocks * BLOCK / UNIT_COLS) return;
  UnitCodes codes[LANE_ROWS];
  float scales[LANE_ROWS];
#pragma unroll
  for (int r = 0; r < LANE_ROWS; ++r) {
    const WeightRow w = weight_row(weight, a, 0, min(first + r, a->rows - 1));
    const int read = col < a->cols ? unit : 0;
    codes[r] = unit_load(w, read, 0);
    scales[r] = unit_scale(w, read, 0);
  }
#pragma unroll
  for (int r = 0; r < LANE_ROWS; ++r) {
    if (first + r >= a->rows) break;
    float4 v[UNIT_COLS / 4];
    unit_values(codes[r], v);
#pragma unroll
    for (int i = 0; i < UNIT_COLS / 4; ++i) {
      pack_four(packed_at(packed, first + r, col + UNIT_COL(i), blocks, a), part_bytes,
                col < a->cols ? v[i] * scales[r] : (float4)(0.0f));
    }
  }
}
#else
INLINE void decode_block(WeightRow w, int block, float* values) {
  if ((block + 1) * BLOCK <= w.cols) {
    float16 lo, hi;
    const float scale = format_block(w, block, &lo, &hi);
    vstore16(lo * scale, 0, values);
    vstore16(hi * scale, 1, values);
    return;
  }
  for (int i = 0; i < BLOCK; ++i) {
    const int col = block * BLOCK + i;
    values[i] = col < w.cols ? format_element(w, col) : 0.0f;
  }
}

// A lane takes a block, 16 lanes a row.
INLINE void pack_rows(global const uchar* weight, global uchar* packed, int row0, int run, long part_bytes,
                      int blocks, const WeightArgs* a) {
  const int block = run * 16 + (int)get_local_id(0) % 16;
  const int row = row0 + (int)get_local_id(0) / 16;
  if (block >= blocks || row >= a->rows) return;
  float values[BLOCK];
  decode_block(weight_row(weight, a, 0, row), block, values);
#pragma unroll
  for (int i = 0; i < BLOCK; i += 4) {
    pack_four(packed_at(packed, row, block * BLOCK + i, blocks, a), part_bytes, vload4(0, values + i));
  }
}
#endif

kernel __attribute__((reqd_work_group_size(128, 1, 1))) void linear_wgmma_weight(
    global const uchar* restrict weight, global uchar* restrict workspace, const LinearWgmmaArgs a) {
  const int blocks = a.tiles.k / 64;
  const int runs = (blocks * BLOCK + RUN_COLS - 1) / RUN_COLS;
  const int run = (int)(get_group_id(0) % (uint)runs);
  const int row0 = (int)(get_group_id(0) / (uint)runs) * 8;
  const long part_bytes = (long)a.weight.rows * blocks * 64;
  pack_rows(weight, workspace + a.weight_at, row0, run, part_bytes, blocks, &a.weight);
}
