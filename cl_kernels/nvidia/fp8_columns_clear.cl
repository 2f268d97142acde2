// The counters of fp8_columns.clh's tiles at 0, apart from x, so that it can be done before x is there.
#include "cl_kernels/args/fp8_columns_args.h"

kernel __attribute__((reqd_work_group_size(256, 1, 1))) void fp8_columns_clear(global uchar* restrict workspace,
                                                                               const Fp8ColumnsArgs a) {
  global uint* counters = (global uint*)(workspace + a.counters_at);
  for (int i = (int)get_global_id(0); i < a.counters; i += (int)get_num_groups(0) * 256) counters[i] = 0u;
}
