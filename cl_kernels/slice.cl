// y[r] = x[r, offset .. offset + width), and that of each part, as f32: x is a matrix or a cache (of which the columns are all coded,
// or all of the tail).
#include "args/slice_args.h"
#include "lanes.clh"

#include "cache_row.clh"

#if !defined(SLICED) || !defined(ALIGNED)
#error \
    "SLICED: how the columns are stored (STORAGE_CODES, ...), ALIGNED: 1 if 16 from the first on have one scale"
#endif

static void slice_body(uint worker, uint workers, global const uchar* restrict x, global float* restrict y,
                       const SliceArgs* a) {
  const uint width = (uint)a->width;
  const uint parts = (uint)a->parts;
  for (uint item = worker; item < (uint)a->rows * parts; item += workers) {
    global const uchar* from = x + (size_t)(item / parts) * (uint)a->x_bytes;
    global float* to = y + (size_t)item * width;
    const uint offset = (uint)a->offset + item % parts * (uint)a->stride;
    uint i = LANE;
#if WG_SIZE == 1 && ALIGNED
    for (; i + VEC <= width; i += VEC) vec_store(rows_load16(from, offset + i, SLICED), to + i);
#endif
    for (; i < width; i += WG_SIZE) to[i] = rows_load(from, offset + i, SLICED);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void slice(global const uchar* restrict x,
                                                                       global float* restrict y,
                                                                       const SliceArgs a) {
  slice_body((uint)get_group_id(0), (uint)get_num_groups(0), x, y, &a);
}
