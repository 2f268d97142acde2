// y = activation(gate) * up; y f32[parts, cols], gate and up matrices of their own, [gate | up] in one, or
// with STEP 2 in turn. CLAMPED: with the limit, alpha and offset of graph/ops/glu.h. ROUNDED: rows of y are
// records of FORMAT_<name> (include/activation_record.clh); where lanes work together, E4M3 by warps of FOURS.
#include "args/glu_args.h"
#include "gate.clh"
#include "arithmetic.clh"
#include "lanes.clh"

#if !defined(CLAMPED) || !defined(STEP)
#error "CLAMPED: 0 or 1; STEP: columns from one gate to the next, 1 or 2"
#elif CLAMPED && GATE != 0
#define GATED(g, u)                                                                        \
  (ACTIVATE(fmin((g), a->limit)) * (fmin(fmax((u), -a->limit), a->limit) + a->up_offset))
#elif CLAMPED
#define GATED(g, u)                                                                        \
  (fmin((g), a->limit) / (1.0f + exp(-a->alpha * fmin((g), a->limit))) *                   \
   (fmin(fmax((u), -a->limit), a->limit) + a->up_offset))
#else
#define GATED(g, u) (ACTIVATE(g) * (u))
#endif

#if !defined(ROUNDED)
#error "ROUNDED: 0 or 1"
#elif ROUNDED
#include "encode_activation.clh"
#if WG_SIZE == 1
#define RUN_PRIVATE
#include "encode_activation_run.clh"
#define RUN_COLS 512  // the chunk, of which whole blocks are made
#else
#include "nvidia/encode_warp.clh"
#endif
#endif

// Items are cut by column, so that the path of an element (vector or tail) never depends on the number of
// rows.
static void glu_body(uint worker, uint workers, global const float* restrict gate,
                     global const float* restrict up, global float* restrict y, const GluArgs* a) {
  const uint cols = (uint)a->cols;
  const uint chunk = (uint)a->chunk;
  const uint chunks = (cols + chunk - 1) / chunk;
  // On CPUs chunks that follow each other: memory is read ahead along a stream.
  const uint items = (uint)a->parts * chunks;
  const uint from = WG_SIZE == 1 ? (uint)((ulong)items * worker / workers) : worker;
  const uint end = WG_SIZE == 1 ? (uint)((ulong)items * (worker + 1) / workers) : items;
  for (uint item = from; item < end; item += WG_SIZE == 1 ? 1 : workers) {
    const uint begin = item % chunks * chunk;
    const uint count = min(chunk, cols - begin);
    const uint part = item / chunks;
    const size_t at = (size_t)part * (uint)a->stride + begin * STEP;
    global const float* g = gate + at;
    global const float* u = up + at + (uint)a->up_at;
#if ROUNDED
    const int row_cols = a->row_parts * a->cols;
    const int first = (int)(part % (uint)a->row_parts) * a->cols + (int)begin;
    global uchar* record = (global uchar*)y + part / (uint)a->row_parts * activation_row_bytes(row_cols);
#endif
#if ROUNDED && WG_SIZE > 1
    for (uint i = LANE * VEC; i < count; i += WG_SIZE * VEC) {
      const vec_t x = vec_load(g + i);
      const vec_t v = vec_load(u + i);
      encode_by_warp(GATED(x, v), LANE % 32u, record, ((uint)first + i) / 128u, (uint)row_cols);
    }
#else
#if ROUNDED
    float16 vectors[RUN_COLS / 16];
    float* to = (float*)vectors;
#define GATED_STORE(v, i) vectors[(i) / 16u] = (v)
#else
#define GATED_STORE(v, i) vec_store((v), to + (i))
    global float* to = y + (size_t)part * cols + begin;
#endif
    uint done = 0;
#if STEP == 1
    for (uint i = LANE * VEC; i + VEC <= count; i += WG_SIZE * VEC) {
      const vec_t x = vec_load(g + i);
      const vec_t v = vec_load(u + i);
      GATED_STORE(GATED(x, v), i);
    }
    done = count / VEC * VEC;
#endif
    for (uint i = done + LANE; i < count; i += WG_SIZE) {
      const float x = g[i * STEP];
      const float v = u[i * STEP];
      to[i] = GATED(x, v);
    }
#endif
#if ROUNDED && WG_SIZE == 1
    // The last chunk of a row has its padding too.
    const int past = first + (int)count;
    const int last = past < row_cols ? past / ACTIVATION_BLOCK : activation_blocks(row_cols);
    for (uint i = count; i < RUN_COLS && i % 128u != 0u; ++i) to[i] = 0.0f;
    encode_run(to, record, first / ACTIVATION_BLOCK, last, row_cols);
#endif
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void glu(global const float* restrict gate,
                                                                     global const float* restrict up,
                                                                     global float* restrict y,
                                                                     const GluArgs a) {
  glu_body((uint)get_group_id(0), (uint)get_num_groups(0), gate, up, y, &a);
}
