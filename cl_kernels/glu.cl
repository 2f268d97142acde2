// y = activation(gate) * up; y f32[parts, cols], gate and up matrices of their own or [gate | up] in one.
#include "activation.clh"
#include "args/glu_args.h"
#include "lanes.clh"

#if !defined(GELU)
#error "GELU: 0 for silu, 1 for gelu_tanh"
#elif GELU
#define ACTIVATE(x) GELU_TANH(x)
#else
#define ACTIVATE(x) SILU(x)
#endif

// Items are cut by column, so that the path of an element (vector or tail) never depends on the number of
// rows.
static void glu_body(uint worker, uint workers, global const float* restrict gate,
                     global const float* restrict up, global float* restrict y, const GluArgs* a) {
  const uint cols = (uint)a->cols;
  const uint chunk = (uint)a->chunk;
  const uint chunks = (cols + chunk - 1) / chunk;
  for (uint item = worker; item < (uint)a->parts * chunks; item += workers) {
    const uint begin = item % chunks * chunk;
    const uint count = min(chunk, cols - begin);
    const size_t at = (size_t)(item / chunks) * (uint)a->stride + begin;
    global const float* g = gate + at;
    global const float* u = up + at + (uint)a->up_at;
    global float* to = y + (size_t)(item / chunks) * cols + begin;
    for (uint i = LANE * VEC; i + VEC <= count; i += WG_SIZE * VEC) {
      const vec_t x = vec_load(g + i);
      vec_store(ACTIVATE(x) * vec_load(u + i), to + i);
    }
    for (uint i = count / VEC * VEC + LANE; i < count; i += WG_SIZE) {
      const float x = g[i];
      to[i] = ACTIVATE(x) * u[i];
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void glu(global const float* restrict gate,
                                                                     global const float* restrict up,
                                                                     global float* restrict y,
                                                                     const GluArgs a) {
  glu_body((uint)get_group_id(0), (uint)get_num_groups(0), gate, up, y, &a);
}
