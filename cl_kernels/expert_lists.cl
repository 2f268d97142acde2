// The (token, slot) entries of each expert: lists = starts [experts + 2], then entries [tokens * top_k] in
// rising order within an expert. The last list holds the entries whose expert is outside the weight. An item
// is one expert, worked by one work-item, so that the order is the same in every run.
#ifndef WG_SIZE
#error WG_SIZE
#endif
#include "cl_kernels/args/expert_linear_args.h"

static int list_of(int id, int experts) {
  return id >= 0 && id < experts ? id : experts;
}

static void expert_lists_body(uint worker, uint workers, global const int* ids, global int* lists,
                              const ExpertLinearArgs* a) {
  const int count = a->tokens * a->top_k;
  global int* entries = lists + a->experts + 2;
  const int stride = (int)workers * WG_SIZE;
  for (int expert = (int)worker * WG_SIZE + (int)get_local_id(0); expert <= a->experts; expert += stride) {
    int start = 0;
    for (int i = 0; i < count; ++i) start += list_of(ids[i], a->experts) < expert;
    lists[expert] = start;
    if (expert == a->experts) lists[expert + 1] = count;
    int at = start;
    for (int i = 0; i < count; ++i) {
      if (list_of(ids[i], a->experts) == expert) entries[at++] = i;
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void expert_lists(global const int* restrict ids,
                                                                              global int* restrict lists,
                                                                              const ExpertLinearArgs a) {
  expert_lists_body((uint)get_group_id(0), (uint)get_num_groups(0), ids, lists, &a);
}
