// y[t, h] = sum_b sigmoid(gates[t, b * heads + h]) branch_b[t, h]. A head of a row an item.
#include "args/gated_sum_args.h"
#include "lanes.clh"

// weight * x, added to y unless it is the first.
static inline void gated_add(global const float* x, float weight, int first, global float* y, uint dim) {
  uint i = LANE * VEC;
  for (; i + VEC <= dim; i += WG_SIZE * VEC) {
    const vec_t product = weight * vec_load(x + i);
    vec_store(first ? product : vec_load(y + i) + product, y + i);
  }
  for (i = dim / VEC * VEC + LANE; i < dim; i += WG_SIZE) y[i] = (first ? 0.0f : y[i]) + weight * x[i];
}

static void gated_sum_body(uint worker, uint workers, global const float* restrict gates,
                           global const float* restrict first, global const float* restrict second,
                           global const float* restrict third, global float* restrict y,
                           const GatedSumArgs* a) {
  const uint heads = (uint)a->heads;
  for (uint item = worker; item < (uint)a->rows * heads; item += workers) {
    global const float* gate = gates + (size_t)(item / heads) * (uint)a->branches * heads + item % heads;
    const size_t at = (size_t)item * (uint)a->dim;
    for (int b = 0; b < a->branches; ++b) {
      global const float* x = b == 0 ? first : b == 1 ? second : third;
      const float weight = 1.0f / (1.0f + exp(-gate[(uint)b * heads]));
      gated_add(x + at, weight, b == 0, y + at, (uint)a->dim);
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void gated_sum(
    global const float* restrict gates, global const float* restrict first,
    global const float* restrict second, global const float* restrict third, global float* restrict y,
    const GatedSumArgs a) {
  gated_sum_body((uint)get_group_id(0), (uint)get_num_groups(0), gates, first, second, third, y, &a);
}
