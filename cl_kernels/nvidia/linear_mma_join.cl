// y = the sum over the splits of linear_mma_rows.cl, in order, and the bias. Splits of more than 4 tokens have
// eight slices each, of which pairs are what splits of fewer tokens have.
#include "cl_kernels/args/mma_rows_args.h"

kernel __attribute__((reqd_work_group_size(256, 1, 1))) void linear_mma_join(
    global const float* restrict parts, global const float* restrict bias, global float* restrict y,
    const MmaRowsArgs a) {
  const int count = a.tokens * a.weight.rows;
  const int i = (int)get_global_id(0);
  if (i >= count) return;
  const bool halves = a.tokens > 4;
  float total = 0.0f;
  for (int split = 0; split < a.splits; ++split) {
    float part = parts[(long)split * count + i];
    if (halves) part += parts[(long)++split * count + i];
    total += part;
  }
  y[i] = a.has_bias ? total + bias[i % a.weight.rows] : total;
}
