// The (token, slot) entries of each expert as expert_lists.cl leaves them, for many: starts [experts + 2],
// then entries [tokens * top_k], within an expert in the order of entry % LANES, then of entry; the last list
// holds those whose expert is outside the weight. A group takes an expert, a work-item every LANES-th entry.
#include "arithmetic.clh"
#include "cl_kernels/args/fp8_experts_args.h"

#define LANES 256

INLINE int list_of(int id, int experts) {
  return id >= 0 && id < experts ? id : experts;
}

kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void expert_order(global const int* restrict ids,
                                                                            global uchar* restrict workspace,
                                                                            const Fp8ExpertsArgs a) {
  local int lower[LANES];  // entries of experts before this one, then those of this expert before mine
  local int equal[LANES];
  global int* lists = (global int*)(workspace + a.lists_at);
  global int* entries = lists + a.experts + 2;
  const int expert = (int)get_group_id(0);
  const int lane = (int)get_local_id(0);
  const int count = a.tokens * a.top_k;
  int my_lower = 0;
  int my_equal = 0;
  for (int i = lane; i < count; i += LANES) {
    const int list = list_of(ids[i], a.experts);
    my_lower += list < expert;
    my_equal += list == expert;
  }
  lower[lane] = my_lower;
  equal[lane] = my_equal;
  for (int width = 1; width < LANES; width *= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    const int more_lower = lane >= width ? lower[lane - width] : 0;
    const int more_equal = lane >= width ? equal[lane - width] : 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    lower[lane] += more_lower;
    equal[lane] += more_equal;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const int start = lower[LANES - 1];
  if (lane == 0) {
    lists[expert] = start;
    if (expert == a.experts) lists[expert + 1] = count;
  }
  int at = start + equal[lane] - my_equal;
  for (int i = lane; my_equal > 0 && i < count; i += LANES) {
    if (list_of(ids[i], a.experts) == expert) entries[at++] = i;
  }
}
