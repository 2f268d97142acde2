// y = a + scale * b; a and y f32[rows, cols], b likewise or one row.
#include "args/add_args.h"
#include "lanes.clh"

static void add_body(uint worker, uint workers, global const float* restrict left,
                     global const float* restrict right, global float* restrict y, const AddArgs* a) {
  const uint cols = (uint)a->cols;
  const uint chunk = (uint)a->chunk;
  const uint chunks = (cols + chunk - 1) / chunk;
  for (uint item = worker; item < (uint)a->rows * chunks; item += workers) {
    const uint begin = item % chunks * chunk;
    const uint count = min(chunk, cols - begin);
    const size_t at = (size_t)(item / chunks) * cols + begin;
    global const float* b = right + (size_t)(item / chunks) * (uint)a->right_stride + begin;
    for (uint i = LANE * VEC; i + VEC <= count; i += WG_SIZE * VEC)
      vec_store(vec_load(left + at + i) + a->scale * vec_load(b + i), y + at + i);
    for (uint i = count / VEC * VEC + LANE; i < count; i += WG_SIZE) y[at + i] = left[at + i] + a->scale * b[i];
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void add(global const float* restrict left,
                                                                     global const float* restrict right,
                                                                     global float* restrict y,
                                                                     const AddArgs a) {
  add_body((uint)get_group_id(0), (uint)get_num_groups(0), left, right, y, &a);
}
