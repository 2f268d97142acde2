// Scores of DeepSeek Sparse Attention's indexer: order[t, s] = sum_h weights[t, h] relu(q[t, h] . key[s]) as
// integers that compare as the scores do, for rows s <= position[t]. A token that sees no more than `count`
// rows gets none: they are all chosen. An item is `tile` rows of a token; keys are decoded to local memory.
// One lane (CPUs) takes 4 keys and 4 heads at a time, many lanes (GPUs) a key each.
#include "args/lightning_indexer_args.h"
#include "lanes.clh"

#include "cache_row.clh"
#include "score_order.clh"

#if !defined(KEYS)
#error "KEYS: how the keys' columns are stored (STORAGE_CODES, ...)"
#endif
#if !defined(DIM_VEC)
#error "DIM_VEC: 16 or 1 when WG_SIZE is 1, else 4 or 1; divides dim and the keys' groups"
#endif

#define INDEX_JOIN2(a, b) a##b
#define INDEX_JOIN(a, b) INDEX_JOIN2(a, b)
#if DIM_VEC == 1
typedef float dim_t;
#define KEY_LOAD(row, col) rows_load(row, col, KEYS)
#define DIM_LOAD(p) (*(p))
#define DIM_STORE(v, p) (*(p) = (v))
#else
typedef INDEX_JOIN(float, DIM_VEC) dim_t;
#define KEY_LOAD(row, col) INDEX_JOIN(rows_load, DIM_VEC)(row, col, KEYS)
#define DIM_LOAD(p) INDEX_JOIN(vload, DIM_VEC)(0, p)
#define DIM_STORE(v, p) INDEX_JOIN(vstore, DIM_VEC)(v, 0, p)
#endif

#if WG_SIZE == 1
#define STEP_KEYS 4
#define STEP_SCORES 4  // of a lane
#define STEP_HEADS 4
#define KEY_PITCH(dim) (dim)
#else
#define STEP_KEYS WG_SIZE
#define STEP_SCORES 1
#define STEP_HEADS 8
#define KEY_PITCH(dim) ((dim) + 1)  // neighbours' keys lie in different banks
#endif

// Decodes rows first .. first + STEP_KEYS - 1; those from `end` on repeat the last.
static inline void index_load_keys(global const uchar* keys, int first, int end,
                                   const LightningIndexerArgs* a, local float* decoded) {
  const uint dim = (uint)a->dim;
  for (int k = 0; k < STEP_KEYS; ++k) {
    global const uchar* row = keys + (size_t)min(first + k, end - 1) * (uint)a->key_bytes;
    local float* to = decoded + (uint)k * KEY_PITCH(dim);
#if WG_SIZE == 1
    for (uint d = 0; d < dim; d += DIM_VEC) DIM_STORE(KEY_LOAD(row, d), to + d);
#else
    for (uint d = LANE; d < dim; d += WG_SIZE) to[d] = rows_load(row, d, KEYS);
#endif
  }
}

#if WG_SIZE == 1 && DIM_VEC == 16
// Sums of neighbours of a, then of b; four rounds over 16 vectors leave their 16 sums in order.
static inline float16 index_fold(float16 a, float16 b) {
  return (float16)(a.even, b.even) + (float16)(a.odd, b.odd);
}

static inline float16 index_sums(float16* level) {
  for (int half_size = 8; half_size > 0; half_size /= 2)
    for (int i = 0; i < half_size; ++i) level[i] = index_fold(level[2 * i], level[2 * i + 1]);
  return level[0];
}

static inline void index_score(global const float* q, global const float* weights,
                               const LightningIndexerArgs* a, local const float* decoded, float* score) {
  const int dim = a->dim;
  float16 total = 0.0f;
  for (int h = 0; h < a->heads; h += STEP_HEADS) {
    float16 sums[16];
    for (int i = 0; i < 16; ++i) sums[i] = 0.0f;
    for (int d = 0; d < dim; d += 16) {
      float16 key[STEP_KEYS];
      for (int k = 0; k < STEP_KEYS; ++k) key[k] = vload16(0, decoded + k * dim + d);
      for (int n = 0; n < STEP_HEADS; ++n) {
        const float16 query = vload16(0, q + min(h + n, a->heads - 1) * dim + d);
        for (int k = 0; k < STEP_KEYS; ++k) sums[n * STEP_KEYS + k] = MULTIPLY_ADD(query, key[k], sums[n * STEP_KEYS + k]);
      }
    }
    float w[STEP_HEADS];
    for (int n = 0; n < STEP_HEADS; ++n) w[n] = h + n < a->heads ? weights[h + n] : 0.0f;
    const float16 weight =
        (float16)((float4)(w[0]), (float4)(w[1]), (float4)(w[2]), (float4)(w[3]));
    total += weight * fmax(index_sums(sums), 0.0f);
  }
  vstore4(total.lo.lo + total.lo.hi + (total.hi.lo + total.hi.hi), 0, score);
}
#else
static inline float index_sum(dim_t v) {
  float sum = 0.0f;
  const float* parts = (const float*)&v;
  for (int i = 0; i < DIM_VEC; ++i) sum += parts[i];
  return sum;
}

static inline float index_score_key(global const float* q, global const float* weights,
                                    const LightningIndexerArgs* a, local const float* key) {
  const int dim = a->dim;
  float score = 0.0f;
  for (int h = 0; h < a->heads; h += STEP_HEADS) {
    dim_t sums[STEP_HEADS];
    for (int n = 0; n < STEP_HEADS; ++n) sums[n] = 0.0f;
    for (int d = 0; d < dim; d += DIM_VEC) {
      const dim_t column = DIM_LOAD(key + d);
      for (int n = 0; n < STEP_HEADS; ++n)
        sums[n] = MULTIPLY_ADD(DIM_LOAD(q + min(h + n, a->heads - 1) * dim + d), column, sums[n]);
    }
    for (int n = 0; n < min(STEP_HEADS, a->heads - h); ++n)
      score += weights[h + n] * fmax(index_sum(sums[n]), 0.0f);
  }
  return score;
}

static inline void index_score(global const float* q, global const float* weights,
                               const LightningIndexerArgs* a, local const float* decoded, float* score) {
#if WG_SIZE == 1
  for (int k = 0; k < STEP_KEYS; ++k) score[k] = index_score_key(q, weights, a, decoded + k * a->dim);
#else
  score[0] = index_score_key(q, weights, a, decoded + LANE * KEY_PITCH((uint)a->dim));
#endif
}
#endif

static void index_item(global const float* q, global const float* weights, global const uchar* keys,
                       int first, int end, global uint* order, const LightningIndexerArgs* a,
                       local float* decoded) {
  for (int s = first; s < end; s += STEP_KEYS) {
    float score[STEP_SCORES];
#if WG_SIZE > 1
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    index_load_keys(keys, s, end, a, decoded);
#if WG_SIZE > 1
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    index_score(q, weights, a, decoded, score);
#if WG_SIZE == 1
    for (int k = 0; k < min(STEP_KEYS, end - s); ++k) order[s + k] = score_order(score[k]);
#else
    if (s + (int)LANE < end) order[s + (int)LANE] = score_order(score[0]);
#endif
  }
}

static void lightning_indexer_body(uint worker, uint workers, global const float* restrict q,
                                   global const uchar* restrict keys, global const float* restrict weights,
                                   global const int* restrict positions, global uint* restrict order,
                                   const LightningIndexerArgs* a, local float* decoded) {
  const uint tiles = (uint)((a->context + a->tile - 1) / a->tile);
  for (uint item = worker; item < (uint)a->tokens * tiles; item += workers) {
    const uint token = item / tiles;
    const int seen = min(positions[token] + 1, a->context);
    const int first = (int)(item % tiles) * a->tile;
    const int end = seen <= a->count ? first : min(first + a->tile, seen);
    index_item(q + (size_t)token * (uint)(a->heads * a->dim), weights + (size_t)token * (uint)a->heads, keys,
               first, end, order + (size_t)token * (uint)a->pitch, a, decoded);
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void lightning_indexer(
    global const float* restrict q, global const uchar* restrict keys, global const float* restrict weights,
    global const int* restrict positions, global uint* restrict order, const LightningIndexerArgs a,
    local float* decoded) {
  lightning_indexer_body((uint)get_group_id(0), (uint)get_num_groups(0), q, keys, weights, positions, order,
                         &a, decoded);
}
