// Attention of few tokens on tensor cores: the context is cut into chunks whose borders depend on nothing but
// the chunk size, a group's warps take a piece of a chunk each, and their sums are added in order, so that a
// token's bits are the same whatever else is in the call. Keys and values go from the caches into registers as
// the left operands of transposed products, scores^T = K q^T and y^T = V^T w^T, with the query rows of a kv
// head (its heads, token by token) as the columns. Queries and weights are two halves (or bf16) each whose sum
// is the float; so are f32 keys and values, of whose products that of both rests is left out.
// attention_decode_join.cl joins the chunks.
#include "cl_kernels/args/attention_args.h"
#define WG_SIZE (WARPS * 32)
#include "lanes.clh"

#include "attention_mask.clh"
#include "nvidia/decode_part.clh"
#include "nvidia/decode_piece.clh"
#include "nvidia/decode_step.clh"
#include "nvidia/matrices.clh"
#include "nvidia/warp.clh"

#if !defined(KEY_COLS) || !defined(VALUE_COLS)
#error "KEY_COLS, VALUE_COLS: columns of a key and of a value, multiples of 8"
#endif
#define LOG2_E 1.44269504089f

// An 8 x 8 matrix of 16-bit elements, of which lane l has columns 2 (l % 4), + 1 of row l / 4.
INLINE uint transposed(uint v) {
  uint r;
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(r) : "r"(v));
  return r;
}
INLINE uint permuted(uint a, uint b, const uint bytes) {
  uint r;
  asm("prmt.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(a), "r"(b), "n"(bytes));
  return r;
}
// Word w of four keys' values, two columns, as a left operand's fragment of two columns by pairs of keys.
INLINE uint4 pairs_of(const uint4* keys, int w) {
  const uint* first = (const uint*)&keys[0] + w;  // words of one key lie side by side
  return (uint4)(permuted(first[0], first[4], 0x5410), permuted(first[0], first[4], 0x7632),
                 permuted(first[8], first[12], 0x5410), permuted(first[8], first[12], 0x7632));
}

// The query rows of a group as right operands: tile t has rows 8 t .. + 7, and lane l of row 8 t + l / 4 columns
// 32 c + 8 (l % 4) .. + 7, times the scale, and log2(e) where there is no cap.
typedef struct {
  uint4 high[ROW_TILES][KEY_LOADS][32];
  uint4 low[ROW_TILES][KEY_LOADS][32];
} Queries;

// What the lane's query rows have come to: rows 8 t + 2 (l % 4), + 1.
typedef struct {
  float sums[ROW_TILES][VALUE_LOADS * 4][4];  // of weighted values: those rows (0, 1) in column 64 c + 8 (l / 4)
                                              // + 2 w of [4 c + w], and in the next (2, 3)
  float highest[ROW_TILES][2];
  float total[ROW_TILES][2];  // the lane's part
  int begin[ROW_TILES][2];
  int end[ROW_TILES][2];
} QueryRows;

INLINE void split_queries(local Queries* queries, int kv_head, int first_row, global const float* q,
                          const AttentionArgs* a) {
#ifdef SOFTCAP
  const float scale = a->scale;
#else
  const float scale = a->scale * LOG2_E;
#endif
  const int group = a->heads / a->kv_heads;
  const int last = a->tokens * group - 1;
  for (int i = (int)get_local_id(0); i < ROW_TILES * KEY_LOADS * 32; i += WG_SIZE) {
    const int lane = i % 32;
    const int load = i / 32 % KEY_LOADS;
    const int tile = i / 32 / KEY_LOADS;
    const int row = min(first_row + 8 * tile + lane / 4, last);
    const int col = load * 32 + lane % 4 * 8;
    global const float* from = q + ((long)(row / group) * a->heads + kv_head * group + row % group) * KEY_COLS + col;
    float4 v = (float4)(0.0f);
    float4 w = (float4)(0.0f);
    if (KEY_COLS % 32 == 0 || col < KEY_COLS) {
      v = *(global const float4*)from * scale;
      w = *(global const float4*)(from + 4) * scale;
    }
    uint high[4], low[4];
    split(v.x, v.y, &high[0], &low[0]);
    split(v.z, v.w, &high[1], &low[1]);
    split(w.x, w.y, &high[2], &low[2]);
    split(w.z, w.w, &high[3], &low[3]);
    queries->high[tile][load][lane] = (uint4)(high[0], high[1], high[2], high[3]);
    queries->low[tile][load][lane] = (uint4)(low[0], low[1], low[2], low[3]);
  }
}

INLINE void open_rows(QueryRows* rows, int first_row, global const int* positions, const AttentionArgs* a) {
  const int lane = (int)get_local_id(0) % 32;
  const int group = a->heads / a->kv_heads;
  const int last = a->tokens * group - 1;
#pragma unroll
  for (int t = 0; t < ROW_TILES; ++t) {
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      const int token = min(first_row + 8 * t + lane % 4 * 2 + e, last) / group;
      const AttentionRange seen = attention_range(positions[token], a);
      rows->begin[t][e] = seen.begin;
      rows->end[t][e] = seen.end;
      rows->highest[t][e] = -INFINITY;
      rows->total[t][e] = 0.0f;
    }
#pragma unroll
    for (int i = 0; i < VALUE_LOADS * 16; ++i) rows->sums[t][i / 4][i % 4] = 0.0f;
  }
}

// scores[t][2 h + e] of key l / 4 + 8 h and row 8 t + 2 (l % 4) + e.
INLINE void multiply_keys(local const Queries* queries, const Keys* keys, float scores[ROW_TILES][4]) {
  const int lane = (int)get_local_id(0) % 32;
  float rest[ROW_TILES][4];
#pragma unroll
  for (int i = 0; i < ROW_TILES * 4; ++i) rest[i / 4][i % 4] = scores[i / 4][i % 4] = 0.0f;
#pragma unroll
  for (int c = 0; c < KEY_LOADS; ++c) {
    uint4 k_rest, l_rest;
    const uint4 k = words_of(keys->codes[0][c], &k_rest);
    const uint4 l = words_of(keys->codes[1][c], &l_rest);
#pragma unroll
    for (int t = 0; t < ROW_TILES; ++t) {
      const uint4 high = queries->high[t][c][lane];
      const uint4 low = queries->low[t][c][lane];
      MMA(scores[t], k.x, l.x, k.y, l.y, high.x, high.y);
      MMA(rest[t], k.x, l.x, k.y, l.y, low.x, low.y);
      MMA(scores[t], k.z, l.z, k.w, l.w, high.z, high.w);
      MMA(rest[t], k.z, l.z, k.w, l.w, low.z, low.w);
#if PARTS == 2
      MMA(rest[t], k_rest.x, l_rest.x, k_rest.y, l_rest.y, high.x, high.y);
      MMA(rest[t], k_rest.z, l_rest.z, k_rest.w, l_rest.w, high.z, high.w);
#endif
    }
  }
#pragma unroll
  for (int i = 0; i < ROW_TILES * 4; ++i) scores[i / 4][i % 4] += rest[i / 4][i % 4];
}

// The score of a key in units of log2(e), -infinity where row e of tile t does not see it.
INLINE float finished(float score, const QueryRows* rows, int t, int e, int key, const AttentionArgs* a) {
#ifdef SOFTCAP
  score = attention_cap(score, a) * LOG2_E;
#endif
  return key < rows->begin[t][e] || key >= rows->end[t][e] ? -INFINITY : score;
}

// Scores of 16 keys from `first` on, finished; returns the highest of row e of tile t that the lane has, of which
// a value's scale is a part.
INLINE float finish_scores(const QueryRows* rows, const Keys* keys, const Values* values, int t, int e, int first,
                           float* scores, const AttentionArgs* a) {
  const int lane = (int)get_local_id(0) % 32;
  float most = -INFINITY;
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    float score = scores[2 * h + e];
    float above = 0.0f;
#if defined(CACHE_FP8_E4M3)
    score *= keys->scale[h];
    above = exponent_of(values->scale[h]);
#endif
    scores[2 * h + e] = finished(score, rows, t, e, first + lane / 4 + 8 * h, a);
    most = fmax(most, scores[2 * h + e] + above);
  }
  return most;
}

// Scores become weights 2^(score - highest), times the scale of the value; the sums so far shrink as the
// highest rises.
INLINE void soften(QueryRows* rows, const Keys* keys, const Values* values, int first,
                   float scores[STEP_TILES][ROW_TILES][4], const AttentionArgs* a) {
#pragma unroll
  for (int i = 0; i < ROW_TILES * 2; ++i) {
    const int t = i / 2;
    const int e = i % 2;
    float most = rows->highest[t][e];
#pragma unroll
    for (int n = 0; n < STEP_TILES; ++n)
      most = fmax(most, finish_scores(rows, keys + n, values + n, t, e, first + 16 * n, scores[n][t], a));
    most = fmax(most, shuffle_xor(most, 4));
    most = fmax(most, shuffle_xor(most, 8));
    most = fmax(most, shuffle_xor(most, 16));
    const float base = most == -INFINITY ? 0.0f : most;
    const float factor = power_of_two(rows->highest[t][e] - base);
    rows->highest[t][e] = most;
    rows->total[t][e] *= factor;
#pragma unroll
    for (int n = 0; n < STEP_TILES * 2; ++n) {
      float* score = &scores[n / 2][t][n % 2 * 2 + e];
      *score = power_of_two(*score - base);
      rows->total[t][e] += *score;
#if defined(CACHE_FP8_E4M3)
      *score *= values[n / 2].scale[n % 2];
#endif
    }
#pragma unroll
    for (int n = 0; n < VALUE_LOADS * 4; ++n) {
      rows->sums[t][n][e] *= factor;
      rows->sums[t][n][2 + e] *= factor;
    }
  }
}

INLINE void multiply_values(QueryRows* rows, const Values* values, float weights[ROW_TILES][4]) {
  uint high[ROW_TILES][2], low[ROW_TILES][2];
#pragma unroll
  for (int i = 0; i < ROW_TILES * 2; ++i) {
    const float* from = weights[i / 2] + i % 2 * 2;
    split(from[0], from[1], &high[i / 2][i % 2], &low[i / 2][i % 2]);
    high[i / 2][i % 2] = transposed(high[i / 2][i % 2]);
    low[i / 2][i % 2] = transposed(low[i / 2][i % 2]);
  }
#pragma unroll
  for (int c = 0; c < VALUE_LOADS; ++c) {
    uint4 words[PARTS][4];
#pragma unroll
    for (int n = 0; n < 4; ++n) words[0][n] = words_of(values->codes[n][c], &words[PARTS - 1][n]);
#pragma unroll
    for (int w = 0; w < 4; ++w) {
      const uint4 v = pairs_of(words[0], w);
#if PARTS == 2
      const uint4 rest = pairs_of(words[1], w);
#endif
#pragma unroll
      for (int t = 0; t < ROW_TILES; ++t) {
        float* sums = rows->sums[t][c * 4 + w];
        MMA(sums, v.x, v.y, v.z, v.w, low[t][0], low[t][1]);
#if PARTS == 2
        MMA(sums, rest.x, rest.y, rest.z, rest.w, high[t][0], high[t][1]);
#endif
        MMA(sums, v.x, v.y, v.z, v.w, high[t][0], high[t][1]);
      }
    }
  }
}

// What the warps of a group have found, for each row.
typedef struct {
  float sums[WARPS][ROWS][VALUE_LOADS * 64];
  float highest[WARPS][ROWS];
  float total[WARPS][ROWS];
} Parts;

INLINE void leave_part(const QueryRows* rows, local Parts* parts) {
  const int lane = (int)get_local_id(0) % 32;
  const int warp = (int)get_local_id(0) / 32;
#pragma unroll
  for (int t = 0; t < ROW_TILES; ++t) {
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      const int row = t * 8 + lane % 4 * 2 + e;
      float total = rows->total[t][e];
      total += shuffle_xor(total, 4);
      total += shuffle_xor(total, 8);
      total += shuffle_xor(total, 16);
      if (lane < 4) {
        parts->highest[warp][row] = rows->highest[t][e];
        parts->total[warp][row] = total;
      }
#pragma unroll
      for (int i = 0; i < VALUE_LOADS * 4; ++i)
        *(local float2*)&parts->sums[warp][row][i / 4 * 64 + lane / 4 * 8 + i % 4 * 2] =
            (float2)(rows->sums[t][i][e], rows->sums[t][i][2 + e]);
    }
  }
}

// The warps' parts of a row, added up in their order.
INLINE void store_part(local const Parts* parts, int row, global float* sums, global float2* mark) {
  float most = -INFINITY;
#pragma unroll
  for (int w = 0; w < WARPS; ++w) most = fmax(most, parts->highest[w][row]);
  const float base = most == -INFINITY ? 0.0f : most;
  float factor[WARPS];
  float total = 0.0f;
#pragma unroll
  for (int w = 0; w < WARPS; ++w) {
    factor[w] = power_of_two(parts->highest[w][row] - base);
    total = fma(parts->total[w][row], factor[w], total);
  }
  const int lane = (int)get_local_id(0) % 32;
  if (lane == 0) *mark = (float2)(most, total);
  for (int col = lane; col < VALUE_COLS; col += 32) {
    float sum = 0.0f;
#pragma unroll
    for (int w = 0; w < WARPS; ++w) sum = fma(parts->sums[w][row][col], factor[w], sum);
    sums[col] = sum;
  }
}

// Adds a warp's piece to its rows, of which the first step has been loaded. While the last one is multiplied
// the first of `next` comes, which then is the piece.
INLINE void add_piece(QueryRows* rows, local const Queries* queries, Keys* keys, Values* values, Piece* piece,
                      const Piece* next, const AttentionArgs* a) {
  const int end = piece->cache.end;
  int first = piece->first;
  if (first >= end) {
    *piece = *next;
    load_step(keys, values, piece, a);
  }
  for (; first < end; first += STEP_KEYS) {
    float scores[STEP_TILES][ROW_TILES][4];
#pragma unroll
    for (int n = 0; n < STEP_TILES; ++n) multiply_keys(queries, keys + n, scores[n]);
    soften(rows, keys, values, first, scores, a);
    piece->first += STEP_KEYS;
    if (!has_keys(piece)) *piece = *next;
    load_step_keys(keys, piece, a);
#pragma unroll
    for (int n = 0; n < STEP_TILES; ++n) {
      multiply_values(rows, values + n, scores[n]);
      if (has_keys(piece)) load_values(values + n, &piece->cache, piece->first + 16 * n, a);
    }
  }
}

INLINE void store_parts(local const Parts* parts, const Piece* piece, global float* partial, const AttentionArgs* a) {
  const int group = a->heads / a->kv_heads;
  const int rows = min(ROWS, a->tokens * group - piece->first_row);
  for (int r = (int)get_local_id(0) / 32; r < rows; r += WARPS) {
    const int row = piece->first_row + r;
    const int head = piece->kv_head * group + row % group;
    store_part(parts, r, part_sums(partial, row / group, head, piece->slot, a),
               part_mark(partial, row / group, head, piece->slot, a));
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_decode_mma(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global float* restrict partial, const AttentionArgs a) {
  local Queries queries;
  local Parts parts;
  Keys step_keys[STEP_TILES];
  Values step_values[STEP_TILES];
  Piece piece = {{keys, values, 0, 0, 0, 0}, 0, 0, 0, 0, 0};
  const int groups = (int)get_num_groups(0);
  bool more = find_piece(&piece, (int)get_group_id(0), groups, positions, &a);
  load_step(step_keys, step_values, &piece, &a);
  int kv_head = -1;  // whose queries from row first_row on are in local memory
  int first_row = 0;
  while (more) {
    const Piece now = piece;
    if (now.kv_head != kv_head || now.first_row != first_row) {
      kv_head = now.kv_head;
      first_row = now.first_row;
      split_queries(&queries, kv_head, first_row, q, &a);
    }
    QueryRows rows;
    open_rows(&rows, first_row, positions, &a);
    barrier(CLK_LOCAL_MEM_FENCE);
    Piece next = piece;
    more = find_piece(&next, now.item + groups, groups, positions, &a);
    add_piece(&rows, &queries, step_keys, step_values, &piece, &next, &a);
    leave_part(&rows, &parts);
    barrier(CLK_LOCAL_MEM_FENCE);
    store_parts(&parts, &now, partial, &a);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
}
