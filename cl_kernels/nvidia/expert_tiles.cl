// Of expert_order.cl's lists the table of tiles, EXPERT_TILE_ENTRIES entries of one expert each or less: an expert
// with more has several, cut evenly by eights. By the first group, experts and tiles in rising order. The other
// groups write NaN to the rows of y whose expert is outside the weight.
#include "arithmetic.clh"
#include "cl_kernels/args/fp8_experts_args.h"

#define LANES 256
#define TILE_EIGHTS (EXPERT_TILE_ENTRIES / 8)

// Inclusive sums over the lanes; all of a group call it.
INLINE int sums_up_to(int mine, int lane, local int* sums) {
  barrier(CLK_LOCAL_MEM_FENCE);
  sums[lane] = mine;
  for (int width = 1; width < LANES; width *= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    const int more = lane >= width ? sums[lane - width] : 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    sums[lane] += more;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  return sums[lane];
}

kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void expert_tiles(global uchar* restrict workspace,
                                                                            global float* restrict y,
                                                                            const Fp8ExpertsArgs a) {
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
  global ExpertTiles* table = (global ExpertTiles*)(workspace + a.tiles_at);
  global ExpertTile* tiles = (global ExpertTile*)(table + 1);
  global int* eight_tiles = (global int*)(workspace + a.eights_at);
  int tiles_before = 0;
  int eights_before = 0;
  for (int first = 0; first < a.experts; first += LANES) {
    const int expert = first + lane;
    const int start = expert < a.experts ? lists[expert] : 0;
    const int count = expert < a.experts ? lists[expert + 1] - start : 0;
    const int eights = (count + 7) / 8;
    const int mine = (eights + TILE_EIGHTS - 1) / TILE_EIGHTS;
    const int tile0 = tiles_before + sums_up_to(mine, lane, sums) - mine;
    tiles_before += sums[LANES - 1];
    const int eight0 = eights_before + sums_up_to(eights, lane, sums) - eights;
    eights_before += sums[LANES - 1];
    for (int i = 0; i < mine; ++i) {
      const int begin = (int)((long)eights * i / mine);
      const int end = (int)((long)eights * (i + 1) / mine);
      ExpertTile tile;
      tile.expert = expert;
      tile.start = start + begin * 8;
      tile.count = min(count - begin * 8, (end - begin) * 8);
      tile.first = (eight0 + begin) * 8;
      tiles[tile0 + i] = tile;
      for (int e = begin; e < end; ++e) eight_tiles[eight0 + e] = tile0 + i;
    }
  }
  if (lane == 0) {
    table->tiles = tiles_before;
    table->eights = eights_before;
  }
}
