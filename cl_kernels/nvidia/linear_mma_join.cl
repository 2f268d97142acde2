// y = the sum over the splits of linear_mma_rows.cl, in order, and the bias.
#include "cl_kernels/args/mma_rows_args.h"

kernel __attribute__((reqd_work_group_size(256, 1, 1))) void linear_mma_join(
    global const float* restrict parts, global const float* restrict bias, global float* restrict y,
    const MmaRowsArgs a) {
  const int count = a.tokens * a.weight.rows;
  const int i = (int)get_global_id(0);
  if (i >= count) return;
  float total = parts[i];
  for (int split = 1; split < a.splits; ++split) total += parts[(long)split * count + i];
  y[i] = a.has_bias ? total + bias[i % a.weight.rows] : total;
}
