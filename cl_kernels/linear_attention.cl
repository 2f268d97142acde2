// S = diag(decay) S; S = S + k u^T with u = v or, with DELTA, u = beta (v - S^T k); y = scale S^T q, token by token.
// An item is a head and WG_SIZE * VEC columns of its values: VEC columns of S a lane, in private memory. Its worker
// alone reads and writes them and goes through the tokens in order, so a token's bits do not depend on the call.
#include "args/linear_attention_args.h"
#include "lanes.clh"

#include "vector_part.clh"

#if !defined(KEY_DIM) || !defined(DELTA) || !defined(NORMALISE) || !defined(DECAY_BY_CHANNEL)
#error "KEY_DIM: rows of a head's state; DELTA, NORMALISE, DECAY_BY_CHANNEL: 0 or 1"
#endif

// to[i] = factor x[i], with NORMALISE divided by the norm of x.
static void key_vector(global const float* restrict x, float factor, float eps, local float* to,
                       local float* scratch) {
#if NORMALISE
  vec_t squares = 0.0f;
  for (uint i = LANE * VEC; i + VEC <= KEY_DIM; i += WG_SIZE * VEC) squares += vec_load(x + i) * vec_load(x + i);
  float sum = vec_sum(squares);
  for (uint i = KEY_DIM / VEC * VEC + LANE; i < KEY_DIM; i += WG_SIZE) sum += x[i] * x[i];
  factor = factor / sqrt(group_sum(sum, scratch) + eps);
#else
  (void)eps;
  (void)scratch;
#endif
  for (uint i = LANE; i < KEY_DIM; i += WG_SIZE) to[i] = factor * x[i];
}

// One token; four sums, so that the additions need not wait for each other.
static vec_t state_step(vec_t* s, local const float* q, local const float* k, global const float* restrict decay,
                        vec_t v, float beta) {
#if DECAY_BY_CHANNEL
#define DECAY(i) decay[i]
#else
  const float all = decay[0];
#define DECAY(i) all
#endif
  vec_t u = v;
#if DELTA
  vec_t read[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (uint i = 0; i < KEY_DIM / 4 * 4; i += 4) {
    for (uint j = 0; j < 4; ++j) {
      s[i + j] *= DECAY(i + j);
      read[j] += k[i + j] * s[i + j];
    }
  }
  for (uint i = KEY_DIM / 4 * 4; i < KEY_DIM; ++i) {
    s[i] *= DECAY(i);
    read[0] += k[i] * s[i];
  }
  u = beta * (v - ((read[0] + read[1]) + (read[2] + read[3])));
#else
  (void)beta;
  for (uint i = 0; i < KEY_DIM; ++i) s[i] *= DECAY(i);
#endif
  vec_t y[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (uint i = 0; i < KEY_DIM / 4 * 4; i += 4) {
    for (uint j = 0; j < 4; ++j) {
      s[i + j] += k[i + j] * u;
      y[j] += q[i + j] * s[i + j];
    }
  }
  for (uint i = KEY_DIM / 4 * 4; i < KEY_DIM; ++i) {
    s[i] += k[i] * u;
    y[0] += q[i] * s[i];
  }
#undef DECAY
  return (y[0] + y[1]) + (y[2] + y[3]);
}

static void linear_attention_body(uint worker, uint workers, global const float* restrict q,
                                  global const float* restrict k, global const float* restrict v,
                                  global const float* restrict decay, global float* restrict state,
                                  global const int* restrict positions, global const float* restrict beta,
                                  global float* restrict y, const LinearAttentionArgs* a, local float* scratch) {
  local float* query = scratch + WG_SIZE;
  local float* key = query + KEY_DIM;
  const uint heads = (uint)a->heads;
  const uint dim = (uint)a->value_dim;
  const uint blocks = (dim + WG_SIZE * VEC - 1) / (WG_SIZE * VEC);
  for (uint item = worker; item < heads * blocks; item += workers) {
    const uint head = item / blocks;
    const uint key_head = head / (uint)a->heads_of_key;
    const uint col = (item % blocks * WG_SIZE + LANE) * VEC;
    const uint count = col < dim ? min(dim - col, VEC) : 0;
    global float* kept = state + (size_t)head * KEY_DIM * dim + col;
    vec_t s[KEY_DIM];
    for (uint i = 0; i < KEY_DIM; ++i)
      s[i] = positions[0] > 0 ? part_load(kept + (size_t)i * dim, count) : (vec_t)(0.0f);
    for (uint t = 0; t < (uint)a->tokens; ++t) {
      global const float* q_row = q + (size_t)t * (uint)a->q_cols;
      global const float* k_row = k + (size_t)t * (uint)a->k_cols;
      global const float* v_row = v + (size_t)t * (uint)a->v_cols;
      key_vector(q_row + (uint)a->q_offset + key_head * (uint)a->q_stride, a->scale, a->eps, query, scratch);
      key_vector(k_row + (uint)a->k_offset + key_head * (uint)a->k_stride, 1.0f, a->eps, key, scratch);
#if WG_SIZE > 1
      barrier(CLK_LOCAL_MEM_FENCE);
#endif
      const uint decay_col = DECAY_BY_CHANNEL ? head * KEY_DIM : head;
      const size_t decay_at = (size_t)(a->decay_rows ? t : 0) * (uint)a->decay_cols + decay_col;
      const vec_t value = part_load(v_row + (uint)a->v_offset + head * (uint)a->v_stride + col, count);
      const float share = DELTA ? beta[(size_t)t * heads + head] : 1.0f;
      const vec_t out = state_step(s, query, key, decay + decay_at, value, share);
      part_store(out, y + ((size_t)t * heads + head) * dim + col, count);
#if WG_SIZE > 1
      barrier(CLK_LOCAL_MEM_FENCE);
#endif
    }
    for (uint i = 0; i < KEY_DIM; ++i) part_store(s[i], kept + (size_t)i * dim, count);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void linear_attention(
    global const float* restrict q, global const float* restrict k, global const float* restrict v,
    global const float* restrict decay, global float* restrict state, global const int* restrict positions,
    global const float* restrict beta, global float* restrict y, const LinearAttentionArgs a,
    local float* scratch) {
  linear_attention_body((uint)get_group_id(0), (uint)get_num_groups(0), q, k, v, decay, state, positions, beta, y, &a,
                        scratch);
}
