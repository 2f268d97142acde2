// Of expert_order.cl's lists the table of tiles, up to 128 entries of one expert each: by the first group,
// experts and tiles in rising order. The other groups write NaN to the rows of y whose expert is outside the
// weight.
#include "arithmetic.clh"
#include "cl_kernels/args/fp8_linear_args.h"

#define LANES 256

kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void expert_tiles(global uchar* restrict workspace,
                                                                            global float* restrict y,
                                                                            const Fp8LinearArgs a) {
  local int sums[LANES];
  global const int* lists = (global const int*)(workspace + a.lists_at);
  const int lane = (int)get_local_id(0);
  if (get_group_id(0) > 0) {
    global const int* entries = lists + a.experts + 2;
    const int last = lists[a.experts + 1];
    for (int i = lists[a.experts] + (int)get_group_id(0) - 1; i < last; i += (int)get_num_groups(0) - 1) {
      for (int row = lane; row < a.weight.rows; row += LANES) y[(long)entries[i] * a.weight.rows + row] = NAN;
    }
    return;
  }
  global int* total = (global int*)(workspace + a.table_at);
  global ExpertTile* tiles = (global ExpertTile*)(total + 4);
  int before = 0;
  for (int first = 0; first < a.experts; first += LANES) {
    const int expert = first + lane;
    const int start = expert < a.experts ? lists[expert] : 0;
    const int count = expert < a.experts ? lists[expert + 1] - start : 0;
    const int mine = (count + 127) / 128;
    sums[lane] = mine;
    for (int width = 1; width < LANES; width *= 2) {
      barrier(CLK_LOCAL_MEM_FENCE);
      const int more = lane >= width ? sums[lane - width] : 0;
      barrier(CLK_LOCAL_MEM_FENCE);
      sums[lane] += more;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < mine; ++i) {
      ExpertTile tile;
      tile.expert = expert;
      tile.start = start + i * 128;
      tile.count = min(count - i * 128, 128);
      tile.unused = 0;
      tiles[before + sums[lane] - mine + i] = tile;
    }
    before += sums[LANES - 1];
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (lane == 0) *total = before;
}
