// y[t, r] = x[t, :] . W[r, :] + bias[r] for many tokens; x [tokens, cols], y [tokens, rows].
// An item is TILE_ROWS rows for ITEM_TOKENS tokens.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#ifndef ITEM_TOKENS
#error ITEM_TOKENS
#endif
#include "cl_kernels/args/linear_args.h"
#include "tile.clh"

static void linear_tile_body(uint worker, uint workers, global const ACTIVATION* x,
                             global const uchar* weight, global const float* bias, global float* y,
                             const LinearArgs* a, local float* scratch) {
  const int row_tiles = (a->weight.rows + TILE_ROWS - 1) / TILE_ROWS;
  const long items = (long)row_tiles * ((a->tokens + ITEM_TOKENS - 1) / ITEM_TOKENS);
  for (long item = worker; item < items; item += workers) {
    const int row0 = (int)(item % row_tiles) * TILE_ROWS;
    const int start = (int)(item / row_tiles) * ITEM_TOKENS;
    tile_dots(weight, &a->weight, 0, row0, x, 0, start, min(ITEM_TOKENS, a->tokens - start), 1, 1,
              a->has_bias ? bias : 0, y, scratch);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void linear_tile(
    global const ACTIVATION* restrict x, global const uchar* restrict weight,
    global const float* restrict bias, global float* restrict y, const LinearArgs a) {
  local float scratch[TILE_SCRATCH];
  linear_tile_body((uint)get_group_id(0), (uint)get_num_groups(0), x, weight, bias, y, &a, scratch);
}
