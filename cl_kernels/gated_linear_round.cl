// The end of a Glu of two matrices: of results f32 [2][tokens][rows], the gate's first, activation(gate) * up as
// records of codes and scales (include/activation_record.clh). An item is one block of a row, worked by one
// work-item.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "cl_kernels/args/gated_linear_args.h"
#include "gate.clh"
#define RUN_PRIVATE
#include "encode_activation_run.clh"

static void gated_linear_round_body(uint worker, uint workers, global const float* results, global uchar* y,
                                    const GatedLinearArgs* a) {
  const int cols = a->weight.rows;
  const int blocks = activation_blocks(cols);
  const long items = (long)a->tokens * blocks;
  const long stride = (long)workers * WG_SIZE;
  for (long item = (long)worker * WG_SIZE + (long)get_local_id(0); item < items; item += stride) {
    const long row = item / blocks;
    const int block = (int)(item % blocks);
    float values[ACTIVATION_BLOCK];
    for (int i = 0; i < PIECES; ++i) {
      const int col = block * ACTIVATION_BLOCK + 16 * i;
      global const float* gate = results + row * cols + min(col, cols);
      const float16 g = load_piece(gate, cols - col);
      vstore16(ACTIVATE(g) * load_piece(gate + (long)a->tokens * cols, cols - col), i, values);
    }
    encode_block(values, y + row * activation_row_bytes(cols), block, cols);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void gated_linear_round(
    global const float* restrict results, global uchar* restrict y, const GatedLinearArgs a) {
  gated_linear_round_body((uint)get_group_id(0), (uint)get_num_groups(0), results, y, &a);
}
