// Takes the weight from choices beyond an expert's places: ids i32 and weights f32 [rows, top_k]; first choices
// in the order of rows, then second ones, and so on. An item is one expert, worked by one work-item, so that the
// order is the same in every run.
#include "args/router_capacity_args.h"
#ifndef WG_SIZE
#error WG_SIZE
#endif

static void router_capacity_body(uint worker, uint workers, global const int* restrict ids,
                                 global float* restrict weights, const RouterCapacityArgs* a) {
  const int stride = (int)workers * WG_SIZE;
  for (int expert = (int)worker * WG_SIZE + (int)get_local_id(0); expert < a->experts; expert += stride) {
    int served = 0;
    for (int slot = 0; slot < a->top_k; ++slot) {
      for (int row = 0; row < a->rows; ++row) {
        const long at = (long)row * a->top_k + slot;
        if (ids[at] != expert) continue;
        if (served == a->places) weights[at] = 0.0f;
        if (served < a->places) ++served;
      }
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void router_capacity(
    global const int* restrict ids, global float* restrict weights, const RouterCapacityArgs a) {
  router_capacity_body((uint)get_group_id(0), (uint)get_num_groups(0), ids, weights, &a);
}
