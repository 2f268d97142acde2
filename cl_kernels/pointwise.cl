// y = f(x), all f32[rows, cols]; the functions and their parameter p are those of graph/ops/pointwise.h.
#include "activation.clh"
#include "args/pointwise_args.h"
#include "lanes.clh"

#if !defined(FUNCTION)
#error "FUNCTION: 0 scale, 1 clamp, 2 softcap, 3 sigmoid, 4 gelu_tanh, 5 relu_squared, 6 silu"
#elif FUNCTION == 0
#define APPLY(x) (p * (x))
#elif FUNCTION == 1
#define APPLY(x) fmin(fmax((x), -p), p)
#elif FUNCTION == 2
#define APPLY(x) (p * tanh((x) / p))
#elif FUNCTION == 3
#define APPLY(x) (1.0f / (1.0f + exp(-(x))))
#elif FUNCTION == 4
#define APPLY(x) GELU_TANH(x)
#elif FUNCTION == 5
#define APPLY(x) (fmax((x), 0.0f) * fmax((x), 0.0f))
#else
#define APPLY(x) SILU(x)
#endif

static void pointwise_body(uint worker, uint workers, global const float* restrict x,
                           global float* restrict y, const PointwiseArgs* a) {
  const float p = a->parameter;
  (void)p;  // from sigmoid on functions have none
  const uint cols = (uint)a->cols;
  const uint chunk = (uint)a->chunk;
  const uint chunks = (cols + chunk - 1) / chunk;
  for (uint item = worker; item < (uint)a->rows * chunks; item += workers) {
    const uint begin = item % chunks * chunk;
    const uint count = min(chunk, cols - begin);
    const size_t at = (size_t)(item / chunks) * cols + begin;
    for (uint i = LANE * VEC; i + VEC <= count; i += WG_SIZE * VEC) {
      const vec_t v = vec_load(x + at + i);
      vec_store(APPLY(v), y + at + i);
    }
    for (uint i = count / VEC * VEC + LANE; i < count; i += WG_SIZE) {
      const float v = x[at + i];
      y[at + i] = APPLY(v);
    }
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void pointwise(global const float* restrict x,
                                                                           global float* restrict y,
                                                                           const PointwiseArgs a) {
  pointwise_body((uint)get_group_id(0), (uint)get_num_groups(0), x, y, &a);
}
