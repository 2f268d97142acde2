// As quantize_rows.cl, for devices whose work-items read together: neighbours take the 16-value pieces of a
// block.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "cl_kernels/args/quantize_args.h"
#include "encode_activation.clh"

static void quantize_lanes_body(uint worker, uint workers, global const float* x, global uchar* y,
                                const QuantizeArgs* a, local uint* shared) {
  const int lane = (int)get_local_id(0);
  const int piece = lane % PIECES;
  const int code_bytes = activation_code_bytes(a->cols);
  const int blocks = activation_blocks(a->cols);
  const long row_bytes = activation_row_bytes(a->cols);
  const long items = (long)a->rows * blocks;
  const int group_items = WG_SIZE / PIECES;
  for (long item0 = (long)worker * group_items; item0 < items; item0 += (long)workers * group_items) {
    const long item = min(item0 + lane / PIECES, items - 1);
    const long row = item / blocks;
    const int block = (int)(item % blocks);
    const int col = block * ACTIVATION_BLOCK + piece * 16;
    const float16 values = load_piece(x + row * a->cols + min(col, a->cols), a->cols - col);
    shared[lane] = largest_of(activation_magnitudes(values));
    barrier(CLK_LOCAL_MEM_FENCE);
    uint largest = 0u;
    for (int i = 0; i < PIECES; ++i) largest = max(largest, shared[lane - piece + i]);
    barrier(CLK_LOCAL_MEM_FENCE);
    ActivationCoder coder;
    const float scale = activation_coder(largest, &coder);
    const int16 codes = activation_codes(values, coder);
    const bool mine = item0 + lane / PIECES < items;
    global uchar* record = y + row * row_bytes;
    if (mine && col < code_bytes) vstore16(convert_char16(codes), 0, (global char*)(record + col));
    global float* scales = (global float*)(record + code_bytes);
    if (mine && piece == 0) scales[block] = col < a->cols ? scale : 0.0f;
#if defined(ACTIVATION_INT8)
    shared[lane] = (uint)sum_of(codes);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (mine && piece == 0) {
      int sum = 0;
      for (int i = 0; i < PIECES; ++i) sum += (int)shared[lane + i];
      ((global int*)(scales + blocks))[block] = sum;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void quantize_lanes(global const float* restrict x,
                                                                                global uchar* restrict y,
                                                                                const QuantizeArgs a) {
  local uint shared[WG_SIZE];
  quantize_lanes_body((uint)get_group_id(0), (uint)get_num_groups(0), x, y, &a, shared);
}
