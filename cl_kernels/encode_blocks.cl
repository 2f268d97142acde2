// Rows of floats to a weight format whose blocks lie in one row; a block is an item. The bits are those of
// quant::encode_with.
#include "encode_format.clh"
#include "encode_items.clh"

static void encode_blocks_body(uint worker, uint workers, global const float* restrict values,
                               global uchar* restrict codes, global uchar* restrict scales,
                               const EncodeArgs* a) {
  const uint per_row = ((uint)a->cols + ENCODE_ELEMS - 1) / ENCODE_ELEMS;
  FOR_ITEMS(i, (ulong)per_row * (uint)a->rows) {
    const ulong row = i / per_row;
    const int block = (int)(i - row * per_row);
    const int first = block * ENCODE_ELEMS;
    encode_block(values + row * (uint)a->cols + first, min(ENCODE_ELEMS, a->cols - first),
                 codes + row * (ulong)a->row_bytes + (ulong)block * ENCODE_BLOCK_BYTES,
                 scales + row * (ulong)a->scale_row_bytes, block, a);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void encode_blocks(
    global const float* restrict values, global uchar* restrict codes, global uchar* restrict scales,
    const EncodeArgs a) {
  encode_blocks_body((uint)get_group_id(0), (uint)get_num_groups(0), values, codes, scales, &a);
}
