// ids[t, set] = the `count` highest of a list of ordered scores, of equal ones the lowest, in rising order;
// -1 behind them where the list is shorter. The count-th highest score is found bit by bit, by counting how
// many are at least as high; then each lane writes the chosen ones of its part of the list. A list an item.
#include "args/choose_highest_args.h"
#include "lanes.clh"

#if WG_SIZE == 1
static inline uint count_at_least(global const uint* order, uint n, uint least, local uint* scratch) {
  int16 found = 0;  // a comparison gives -1 where it holds
  uint i = 0;
  for (; i + 16 <= n; i += 16) found -= vload16(0, order + i) >= (uint16)(least);
  const int8 eight = found.lo + found.hi;
  const int4 four = eight.lo + eight.hi;
  uint sum = (uint)(four.x + four.y + four.z + four.w);
  for (; i < n; ++i) sum += order[i] >= least ? 1u : 0u;
  (void)scratch;
  return sum;
}
#else
// The same in every lane; all of the group must call it.
static inline uint count_at_least(global const uint* order, uint n, uint least, local uint* scratch) {
  uint found = 0;
  for (uint i = LANE; i < n; i += WG_SIZE) found += order[i] >= least ? 1u : 0u;
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[LANE] = found;
  for (uint half_size = WG_SIZE / 2; half_size > 0; half_size /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (LANE < half_size) scratch[LANE] += scratch[LANE + half_size];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  return scratch[0];
}
#endif

// The highest value that at least `count` of the scores reach, count <= n.
static inline uint highest_reached(global const uint* order, uint n, uint count, local uint* scratch) {
  uint threshold = 0;
  for (uint bit = 0x80000000u; bit > 0; bit >>= 1) {
    const uint found = count_at_least(order, n, threshold | bit, scratch);
    if (found >= count) threshold |= bit;
#if WG_SIZE == 1
    if (found == count) break;
#endif
  }
  return threshold;
}

// `all`: all n are chosen, whatever their scores.
static void write_chosen(global const uint* order, uint n, uint count, bool all, uint threshold,
                         global int* ids, local uint* scratch) {
  const uint part = (n + WG_SIZE - 1) / WG_SIZE;
  const uint begin = min(LANE * part, n);
  const uint end = min(begin + part, n);
  uint above = 0, equal = 0;
  for (uint i = begin; i < end; ++i) {
    above += all || order[i] > threshold ? 1u : 0u;
    equal += !all && order[i] == threshold ? 1u : 0u;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[LANE] = above;
  scratch[WG_SIZE + LANE] = equal;
  barrier(CLK_LOCAL_MEM_FENCE);
  uint above_before = 0, equal_before = 0, above_all = 0;
  for (uint lane = 0; lane < WG_SIZE; ++lane) {
    above_before += lane < LANE ? scratch[lane] : 0u;
    equal_before += lane < LANE ? scratch[WG_SIZE + lane] : 0u;
    above_all += scratch[lane];
  }
  const uint room = count - above_all;  // for scores equal to the threshold
  uint at = above_before + min(equal_before, room);
  for (uint i = begin; i < end; ++i) {
    const uint score = order[i];
    const bool taken = all || score > threshold || (score == threshold && equal_before < room);
    equal_before += score == threshold ? 1u : 0u;
    if (taken) ids[at++] = (int)i;
  }
}

static void choose_highest_body(uint worker, uint workers, global const uint* restrict order,
                                global const int* restrict positions, global int* restrict ids,
                                const ChooseHighestArgs* a, local uint* scratch) {
  const uint count = (uint)a->count;
  for (uint item = worker; item < (uint)(a->tokens * a->sets); item += workers) {
    const uint n = (uint)(min(positions[item / (uint)a->sets], a->context - 1) / a->block + 1);
    global const uint* list = order + (size_t)item * (uint)a->pitch;
    global int* to = ids + (size_t)item * count;
    const bool all = n <= count;
    // Without a condition on the call: it has barriers.
    const uint threshold = highest_reached(list, all ? 0u : n, count, scratch);
    write_chosen(list, n, count, all, threshold, to, scratch);
    for (uint i = n + LANE; i < count; i += WG_SIZE) to[i] = -1;
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void choose_highest(
    global const uint* restrict order, global const int* restrict positions, global int* restrict ids,
    const ChooseHighestArgs a) {
  local uint scratch[2 * WG_SIZE];
  choose_highest_body((uint)get_group_id(0), (uint)get_num_groups(0), order, positions, ids, &a, scratch);
}
