// y = activation(gate) * up; y f32[parts, cols], gate and up matrices of their own, [gate | up] in one, or
// with STEP 2 in turn. CLAMPED: with the limit, alpha and offset of graph/ops/glu.h.
#include "activation.clh"
#include "args/glu_args.h"
#include "lanes.clh"

#if !defined(ACTIVATION)
#error "ACTIVATION: 0 silu, 1 gelu_tanh, 2 sigmoid"
#elif ACTIVATION == 0
#define ACTIVATE(x) SILU(x)
#elif ACTIVATION == 1
#define ACTIVATE(x) GELU_TANH(x)
#else
#define ACTIVATE(x) (1.0f / (1.0f + exp(-(x))))
#endif

#if !defined(CLAMPED) || !defined(STEP)
#error "CLAMPED: 0 or 1; STEP: columns from one gate to the next, 1 or 2"
#elif CLAMPED && ACTIVATION != 0
#define GATED(g, u)                                                                        \
  (ACTIVATE(fmin((g), a->limit)) * (fmin(fmax((u), -a->limit), a->limit) + a->up_offset))
#elif CLAMPED
#define GATED(g, u)                                                                        \
  (fmin((g), a->limit) / (1.0f + exp(-a->alpha * fmin((g), a->limit))) *                   \
   (fmin(fmax((u), -a->limit), a->limit) + a->up_offset))
#else
#define GATED(g, u) (ACTIVATE(g) * (u))
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
    const size_t at = (size_t)(item / chunks) * (uint)a->stride + begin * STEP;
    global const float* g = gate + at;
    global const float* u = up + at + (uint)a->up_at;
    global float* to = y + (size_t)(item / chunks) * cols + begin;
    uint done = 0;
#if STEP == 1
    for (uint i = LANE * VEC; i + VEC <= count; i += WG_SIZE * VEC) {
      const vec_t x = vec_load(g + i);
      const vec_t v = vec_load(u + i);
      vec_store(GATED(x, v), to + i);
    }
    done = count / VEC * VEC;
#endif
    for (uint i = done + LANE; i < count; i += WG_SIZE) {
      const float x = g[i * STEP];
      const float v = u[i * STEP];
      to[i] = GATED(x, v);
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void glu(global const float* restrict gate,
                                                                     global const float* restrict up,
                                                                     global float* restrict y,
                                                                     const GluArgs a) {
  glu_body((uint)get_group_id(0), (uint)get_num_groups(0), gate, up, y, &a);
}
