// y = f(position of the row) * x, all f32[rows, cols]; positions i32[rows].
#include "args/position_scale_args.h"
#include "lanes.clh"

static float position_factor(int position, const PositionScaleArgs* a) {
  const int shifted = position + a->shift;
  const float ratio = a->steps ? 1.0f + (float)(shifted / a->length) : (float)shifted / (float)a->length;
  return 1.0f + a->factor * log(fmax(1.0f, ratio));
}

static void position_scale_body(uint worker, uint workers, global const float* restrict x,
                                global const int* restrict positions, global float* restrict y,
                                const PositionScaleArgs* a) {
  const uint cols = (uint)a->cols;
  const uint chunk = (uint)a->chunk;
  const uint chunks = (cols + chunk - 1) / chunk;
  for (uint item = worker; item < (uint)a->rows * chunks; item += workers) {
    const uint begin = item % chunks * chunk;
    const uint count = min(chunk, cols - begin);
    const size_t at = (size_t)(item / chunks) * cols + begin;
    const float scale = position_factor(positions[item / chunks], a);
    for (uint i = LANE * VEC; i + VEC <= count; i += WG_SIZE * VEC)
      vec_store(scale * vec_load(x + at + i), y + at + i);
    for (uint i = count / VEC * VEC + LANE; i < count; i += WG_SIZE) y[at + i] = scale * x[at + i];
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void position_scale(
    global const float* restrict x, global const int* restrict positions, global float* restrict y,
    const PositionScaleArgs a) {
  position_scale_body((uint)get_group_id(0), (uint)get_num_groups(0), x, positions, y, &a);
}
