// Of more than one token's records (include/activation_record.clh) codes [16-byte chunk][token] and scales
// [128 columns][token], as fp8_columns.clh wants them. An item is a chunk.
#define ACTIVATION_E4M3 1
#include "activation_record.clh"
#include "cl_kernels/args/fp8_columns_args.h"

#define LANES 128

kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void fp8_columns_x(global const uchar* restrict x,
                                                                             global uchar* restrict workspace,
                                                                             const Fp8ColumnsArgs a) {
  const int cols = a.weight.cols;
  const int chunks = cols / 16;
  const long row_bytes = activation_row_bytes(cols);
  global uint4* codes = (global uint4*)(workspace + a.x_at);
  global float* scales = (global float*)(workspace + a.x_scales_at);
  const int stride = (int)get_num_groups(0) * LANES;
  const int first = (int)get_group_id(0) * LANES + (int)get_local_id(0);
  for (int item = first; item < a.tokens * chunks; item += stride) {
    const int token = item / chunks;
    const int chunk = item % chunks;
    global const uchar* record = x + token * row_bytes;
    codes[chunk * a.tokens + token] = ((global const uint4*)record)[chunk];
    if (chunk % 8 == 0)
      scales[chunk / 8 * a.tokens + token] =
          ((global const float*)(record + activation_code_bytes(cols)))[chunk / 8];
  }
}
