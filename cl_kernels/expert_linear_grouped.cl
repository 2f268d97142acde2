// y[t, j, r] = x[t (, j), :] . W[ids[t, j]][r, :] + bias[ids[t, j], r] for many tokens, by the lists of
// expert_lists.cl; y [tokens, top_k * rows]. An item is TILE_ROWS rows of one expert, for all entries routed to it.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "cl_kernels/args/expert_linear_args.h"
#include "tile.clh"

static void expert_linear_grouped_body(uint worker, uint workers, global const ACTIVATION* x,
                                       global const int* lists, global const uchar* weight,
                                       global const float* bias, global float* y, const ExpertLinearArgs* a,
                                       local float* scratch) {
  const int rows = a->weight.rows;
  const int row_tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
  global const int* entries = lists + a->experts + 2;
  const long items = (long)(a->experts + 1) * row_tiles;
  for (long item = worker; item < items; item += workers) {
    const int expert = (int)(item / row_tiles);
    const int row0 = (int)(item % row_tiles) * TILE_ROWS;
    const int start = lists[expert];
    const int count = lists[expert + 1] - start;
    if (expert < a->experts) {
      tile_dots(weight, &a->weight, expert, row0, x, entries, start, count, a->top_k,
                a->per_slot ? a->top_k : 1, a->has_bias ? bias + (long)expert * rows : 0, y, scratch);
      continue;
    }
    const int width = min(TILE_ROWS, rows - row0);
    for (int i = (int)get_local_id(0); i < count * width; i += WG_SIZE) {
      y[(long)entries[start + i / width] * rows + row0 + i % width] = NAN;
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void expert_linear_grouped(
    global const ACTIVATION* restrict x, global const int* restrict lists, global const uchar* restrict weight,
    global const float* restrict bias, global float* restrict y, const ExpertLinearArgs a) {
  local float scratch[TILE_SCRATCH];
  expert_linear_grouped_body((uint)get_group_id(0), (uint)get_num_groups(0), x, lists, weight, bias, y, &a,
                             scratch);
}
