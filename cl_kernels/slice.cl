// y[r] = x[r, offset .. offset + width) as f32: x is a matrix or a cache with rows of x_cols f32 or f16.
#include "args/slice_args.h"
#include "lanes.clh"
#include "storage.clh"

#ifndef SLICE_F16
#error "SLICE_F16: 1 when x holds f16"
#endif
#if SLICE_F16
#define SLICE_LOAD f16_load1
#define SLICE_LOAD16 f16_load16
#else
#define SLICE_LOAD f32_load1
#define SLICE_LOAD16 f32_load16
#endif

static void slice_body(uint worker, uint workers, global const void* restrict x, global float* restrict y,
                       const SliceArgs* a) {
  const uint width = (uint)a->width;
  for (uint row = worker; row < (uint)a->rows; row += workers) {
    const size_t from = (size_t)row * (uint)a->x_cols + (uint)a->offset;
    global float* to = y + (size_t)row * width;
    uint i = LANE;
#if WG_SIZE == 1
    for (; i + VEC <= width; i += VEC) vec_store(SLICE_LOAD16(x, from + i), to + i);
#endif
    for (; i < width; i += WG_SIZE) to[i] = SLICE_LOAD(x, from + i);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void slice(global const void* restrict x,
                                                                       global float* restrict y,
                                                                       const SliceArgs a) {
  slice_body((uint)get_group_id(0), (uint)get_num_groups(0), x, y, &a);
}
