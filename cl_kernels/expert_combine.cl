// y[r] = sum_j weights[r, j] x[r, j]: x f32[rows, top_k * cols], weights f32[rows, top_k], y f32[rows, cols].
#include "args/expert_combine_args.h"
#include "lanes.clh"

static void expert_combine_body(uint worker, uint workers, global const float* restrict x,
                                global const float* restrict weights, global float* restrict y,
                                const ExpertCombineArgs* a) {
  const uint cols = (uint)a->cols;
  const uint top_k = (uint)a->top_k;
  const uint chunk = (uint)a->chunk;
  const uint chunks = (cols + chunk - 1) / chunk;
  for (uint item = worker; item < (uint)a->rows * chunks; item += workers) {
    const size_t row = item / chunks;
    const uint begin = item % chunks * chunk;
    const uint count = min(chunk, cols - begin);
    global const float* from = x + row * top_k * cols + begin;
    global float* to = y + row * cols + begin;
    for (uint i = LANE * VEC; i + VEC <= count; i += WG_SIZE * VEC) {
      vec_t sum = 0.0f;
      for (uint j = 0; j < top_k; ++j)
        sum += weights[row * top_k + j] * vec_load(from + (size_t)j * cols + i);
      vec_store(sum, to + i);
    }
    for (uint i = count / VEC * VEC + LANE; i < count; i += WG_SIZE) {
      float sum = 0.0f;
      for (uint j = 0; j < top_k; ++j) sum += weights[row * top_k + j] * from[(size_t)j * cols + i];
      to[i] = sum;
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void expert_combine(
    global const float* restrict x, global const float* restrict weights, global float* restrict y,
    const ExpertCombineArgs a) {
  expert_combine_body((uint)get_group_id(0), (uint)get_num_groups(0), x, weights, y, &a);
}
