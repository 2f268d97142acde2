// As quantize_rows.cl for E4M3, where columns are a multiple of 128: a warp takes AT_ONCE neighbouring blocks, a
// lane four columns of each.
#include "cl_kernels/args/quantize_args.h"
#include "nvidia/encode_warp.clh"
#include "nvidia/warp.clh"

#define WARPS 4
#define AT_ONCE 4

kernel __attribute__((reqd_work_group_size(WARPS * 32, 1, 1))) void quantize_warps(global const float* restrict x,
                                                                                   global uchar* restrict y,
                                                                                   const QuantizeArgs a) {
  const int lane = (int)get_local_id(0) % 32;
  const int warp = (int)get_group_id(0) * WARPS + (int)get_local_id(0) / 32;
  const int blocks = a.cols / 128;
  const int items = a.rows * blocks;
  const long row_bytes = activation_row_bytes(a.cols);
  for (int first = warp * AT_ONCE; first < items; first += (int)get_num_groups(0) * WARPS * AT_ONCE) {
    float4 values[AT_ONCE];
#pragma unroll
    for (int i = 0; i < AT_ONCE; ++i)
      values[i] = ((global const float4*)x)[(long)min(first + i, items - 1) * 32 + lane];
    uint largest[AT_ONCE];
#pragma unroll
    for (int i = 0; i < AT_ONCE; ++i) largest[i] = largest_of_block(values[i]);
    // A scale and its reciprocal are much arithmetic: lane i % 4 does it for block i. No scale is 0.
    const float my_scale = fp8_e4m3_scale_of(lane % 4 < 2 ? (lane % 2 ? largest[1] : largest[0])
                                                          : (lane % 2 ? largest[3] : largest[2]));
    const float my_reciprocal = divisor_of(my_scale).reciprocal;
    int row = first / blocks;
    int block = first - row * blocks;
#pragma unroll
    for (int i = 0; i < AT_ONCE; ++i) {
      const float scale = shuffle_from(my_scale, i);
      Divisor divisor;
      divisor.significand = as_float((as_uint(scale) & 0x7FFFFFu) | 0x3F800000u);
      divisor.reciprocal = shuffle_from(my_reciprocal, i);
      divisor.power = as_float((254u - (as_uint(scale) >> 23)) << 23);
      const uint codes = quantize_four(values[i], divisor);
      global uchar* record = y + row * row_bytes;
      if (first + i < items) {
        ((global uint*)(record + block * 128))[lane] = codes;
        if (lane == 0) ((global float*)(record + a.cols))[block] = scale;
      }
      if (++block == blocks) block = 0, ++row;
    }
  }
}
