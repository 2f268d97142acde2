// Rows of floats to a format whose scales span rows, tiles of 128 x 128 or the matrix. A group takes a scale's
// elements, or a row where the scale is the matrix's; its lanes take 16 elements at a time. The bits are those
// of quant::encode_with.
#include "encode_pieces.clh"
#include "encode_region.clh"

// The largest of the lanes' values, known to all.
static uint group_largest(uint mine, local uint* scratch) {
#if WG_SIZE == 1
  return mine;
#else
  const uint lane = (uint)get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[lane] = mine;
  for (uint width = WG_SIZE / 2; width > 0; width /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < width) scratch[lane] = max(scratch[lane], scratch[lane + width]);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  return scratch[0];
#endif
}

static void encode_regions_body(uint worker, uint workers, global const float* restrict values,
                                global uchar* restrict codes, global uchar* restrict scales,
                                const EncodeArgs* a, local uint* scratch) {
  const uint lane = (uint)get_local_id(0);
  const uint wide = REGION_COLS == 0 ? (uint)a->cols : REGION_COLS;
  const uint across = ((uint)a->cols + wide - 1) / wide;
  const uint down = ((uint)a->rows + REGION_ROWS - 1) / REGION_ROWS;
  for (uint region = worker; region < across * down; region += workers) {
    const uint row = region / across * REGION_ROWS;
    const uint col = region % across * wide;
    const uint height = min((uint)REGION_ROWS, (uint)a->rows - row);
    const uint width = min(wide, (uint)a->cols - col);
    const uint pieces = (width + 15) / 16;
    global const float* from = values + (ulong)row * (uint)a->cols + col;
    uint16 most = (uint16)(REGION_LEAST_AMAX);
    for (uint i = lane; !REGION_OF_MATRIX && i < height * pieces; i += WG_SIZE) {
      const uint at = i % pieces * 16;
      const float16 x = load_piece(from + (ulong)(i / pieces) * (uint)a->cols + at, (int)(width - at));
      most = max(most, region_magnitude_of(x));
    }
    const uint amax = REGION_OF_MATRIX ? (uint)a->matrix_amax : group_largest(largest_of(most), scratch);
    const float scale = region_scale_of(amax, a);
    const RegionCoder coder = region_coder_of(scale, a);
    const uint scale_at = REGION_OF_MATRIX ? 0 : region;
    if (lane == 0 && scale_at == region) ((global float*)scales)[region] = scale;
    for (uint i = lane; i < height * pieces; i += WG_SIZE) {
      const uint at = i % pieces * 16;
      const ulong start = (ulong)(i / pieces) * (uint)a->cols + at;
      const uint16 found = region_codes_of(load_piece(from + start, (int)(width - at)), coder);
      store_bytes(found, (int)(width - at), codes + (ulong)row * (uint)a->cols + col + start);
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void encode_regions(
    global const float* restrict values, global uchar* restrict codes, global uchar* restrict scales,
    const EncodeArgs a) {
  local uint scratch[WG_SIZE];
  encode_regions_body((uint)get_group_id(0), (uint)get_num_groups(0), values, codes, scales, &a, scratch);
}
