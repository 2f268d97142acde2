// y = silu(gate) * up, all f32[rows, cols]; silu(x) = x / (1 + exp(-x)).
#include "args/glu_args.h"
#include "lanes.clh"

// Items are cut by column, so that the path of an element (vector or tail) never depends on the number of
// rows.
static void glu_body(uint worker, uint workers, global const float* restrict gate,
                     global const float* restrict up, global float* restrict y, const GluArgs* a) {
  const uint cols = (uint)a->cols;
  const uint chunk = (uint)a->chunk;
  const uint chunks = (cols + chunk - 1) / chunk;
  for (uint item = worker; item < (uint)a->rows * chunks; item += workers) {
    const uint begin = item % chunks * chunk;
    const uint count = min(chunk, cols - begin);
    const size_t at = (size_t)(item / chunks) * cols + begin;
    for (uint i = LANE * VEC; i + VEC <= count; i += WG_SIZE * VEC) {
      const vec_t x = vec_load(gate + at + i);
      vec_store(x / (1.0f + exp(-x)) * vec_load(up + at + i), y + at + i);
    }
    for (uint i = count / VEC * VEC + LANE; i < count; i += WG_SIZE) {
      const float x = gate[at + i];
      y[at + i] = x / (1.0f + exp(-x)) * up[at + i];
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void glu(global const float* restrict gate,
                                                                     global const float* restrict up,
                                                                     global float* restrict y,
                                                                     const GluArgs a) {
  glu_body((uint)get_group_id(0), (uint)get_num_groups(0), gate, up, y, &a);
}
