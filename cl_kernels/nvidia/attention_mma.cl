// Causal attention of many tokens on tensor cores, with an online softmax (Milakov and Gimelshein 2018) in
// registers. A warp takes 16 query rows; the group's warps share tiles of KEY_TILE keys and values in local
// memory. Rows of f16 caches are multiplied as they are, queries and weights as two halves each whose sum is
// the float; all else is two bf16 each, and of their four products the one of both rests is left out.
#include "cl_kernels/args/attention_args.h"
#define WG_SIZE (WARPS * 32)
#include "lanes.clh"

#include "cache_row.clh"
#include "nvidia/matrices.clh"
#include "nvidia/warp.clh"

#ifndef WARPS
#error WARPS: of a group
#endif
#ifndef KEY_COLS
#error KEY_COLS: columns of a key, the shared ones included, a multiple of 64
#endif
#ifndef VALUE_COLS
#error VALUE_COLS: columns of a value, a multiple of 64
#endif
#if !defined(KEYS) || !defined(VALUES) || !defined(SHARED)
#error "KEYS, VALUES, SHARED: how the operands' columns are stored (STORAGE_CODES, ...)"
#endif
#if HALVES
#define PARTS 1  // of a key or value
#define MMA mma_f16
#define PACK halves_of
#define UNPACK floats_of_halves
#else
#define PARTS 2
#define MMA mma_bf16
#define PACK bf16s_of
#define UNPACK floats_of_bf16s
#endif
#define KEY_TILE 32
#define ROWS (WARPS * 16)
#define KEY_STEPS (KEY_COLS / 16)
#define VALUE_STEPS (KEY_TILE / 16)
#define SCORES (KEY_TILE / 8)
#define KEY_PART_BYTES (KEY_TILE * KEY_COLS * 2)
#define VALUE_PART_BYTES (KEY_TILE * VALUE_COLS * 2)
#define TILE_BYTES (PARTS * (KEY_PART_BYTES + VALUE_PART_BYTES))
#define ATTENTION_LOCAL ((HALVES ? 2 : 1) * TILE_BYTES)
#include "nvidia/attention_tiles.clh"

// A warp's 16 query rows: lane l has rows l / 4 and l / 4 + 8.
typedef struct {
  uint high[KEY_STEPS * 4];  // of the queries, times the scale and log2(e)
  uint low[KEY_STEPS * 4];
  float sums[VALUE_COLS / 2];  // of the weighted values: 4 for each 8 columns
  float highest[2];
  float total[2];
  int begin[2];  // keys that the row sees: [begin, end)
  int end[2];
} QueryRows;

INLINE void open_rows(QueryRows* rows, int kv_head, int first_row, global const float* q,
                      global const int* positions, const AttentionArgs* a) {
  const int lane = (int)get_local_id(0) % 32;
  const int group = a->heads / a->kv_heads;
  const int last = a->tokens * group - 1;
  const int dim = a->key_dim + a->shared_dim;
  const float scale = a->scale * 1.44269504089f;
#pragma unroll
  for (int n = 0; n < 2; ++n) {
    const int row = min(first_row + lane / 4 + 8 * n, last);
    const int position = positions[row / group];
    rows->end[n] = min(position + 1, a->context);
    rows->begin[n] = a->window > 0 ? max(0, position + 1 - a->window) : 0;
    rows->highest[n] = -INFINITY;
    rows->total[n] = 0.0f;
    global const float* from = q + ((long)(row / group) * a->heads + kv_head * group + row % group) * dim;
#pragma unroll
    for (int s = 0; s < KEY_STEPS; ++s) {
#pragma unroll
      for (int h = 0; h < 2; ++h) {
        const int col = s * 16 + h * 8 + lane % 4 * 2;
        float2 v = (float2)(0.0f);
        if (col < dim) v = *(global const float2*)(from + col) * scale;
        split(v.x, v.y, &rows->high[s * 4 + h * 2 + n], &rows->low[s * 4 + h * 2 + n]);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < VALUE_COLS / 2; ++i) rows->sums[i] = 0.0f;
}

// scores[16 x KEY_TILE] of the warp's rows.
INLINE void multiply_keys(const QueryRows* rows, uint keys, float* scores) {
  const int lane = (int)get_local_id(0) % 32;
#pragma unroll
  for (int i = 0; i < SCORES * 4; ++i) scores[i] = 0.0f;
#pragma unroll
  for (int s = 0; s < KEY_STEPS; ++s) {
    const uint* high = rows->high + s * 4;
    const uint* low = rows->low + s * 4;
#pragma unroll
    for (int n = 0; n < SCORES; n += 2) {
      const uint at = keys + chunk_at(n * 8 + lane / 16 * 8 + lane % 8, s * 2 + lane / 8 % 2, KEY_COLS);
      const uint4 k = load_matrices(at);
      float* d = scores + n * 4;
      MMA(d, low[0], low[1], low[2], low[3], k.x, k.y);
      MMA(d + 4, low[0], low[1], low[2], low[3], k.z, k.w);
#if PARTS == 2
      const uint4 rest = load_matrices(at + KEY_PART_BYTES);
      MMA(d, high[0], high[1], high[2], high[3], rest.x, rest.y);
      MMA(d + 4, high[0], high[1], high[2], high[3], rest.z, rest.w);
#endif
      MMA(d, high[0], high[1], high[2], high[3], k.x, k.y);
      MMA(d + 4, high[0], high[1], high[2], high[3], k.z, k.w);
    }
  }
}

INLINE void hide_scores(const QueryRows* rows, int first, float* scores) {
  const int lane = (int)get_local_id(0) % 32;
#pragma unroll
  for (int i = 0; i < SCORES * 4; ++i) {
    const int key = first + i / 4 * 8 + lane % 4 * 2 + i % 2;
    const int n = i / 2 % 2;
    if (key < rows->begin[n] || key >= rows->end[n]) scores[i] = -INFINITY;
  }
}

// Scores become weights 2^(score - highest); the sums so far shrink as the highest rises.
INLINE void soften(QueryRows* rows, float* scores) {
  float factor[2];
#pragma unroll
  for (int n = 0; n < 2; ++n) {
    float most = rows->highest[n];
#pragma unroll
    for (int i = 0; i < SCORES; ++i) most = fmax(most, fmax(scores[4 * i + 2 * n], scores[4 * i + 2 * n + 1]));
    most = fmax(most, shuffle_xor(most, 1));
    most = fmax(most, shuffle_xor(most, 2));
    const float base = most == -INFINITY ? 0.0f : most;
    factor[n] = power_of_two(rows->highest[n] - base);
    rows->highest[n] = most;
    float total = 0.0f;
#pragma unroll
    for (int i = 0; i < SCORES; ++i) {
      scores[4 * i + 2 * n] = power_of_two(scores[4 * i + 2 * n] - base);
      scores[4 * i + 2 * n + 1] = power_of_two(scores[4 * i + 2 * n + 1] - base);
      total += scores[4 * i + 2 * n] + scores[4 * i + 2 * n + 1];
    }
    rows->total[n] = rows->total[n] * factor[n] + total;
  }
#pragma unroll
  for (int i = 0; i < VALUE_COLS / 2; ++i) rows->sums[i] *= factor[i / 2 % 2];
}

INLINE void multiply_values(QueryRows* rows, uint values, const float* weights) {
  const int lane = (int)get_local_id(0) % 32;
#pragma unroll
  for (int s = 0; s < VALUE_STEPS; ++s) {
    uint high[4], low[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float* from = weights + s * 8 + i * 2;
      split(from[0], from[1], &high[i], &low[i]);
    }
#pragma unroll
    for (int n = 0; n < VALUE_COLS / 8; n += 2) {
      const uint at = values + chunk_at(s * 16 + lane % 16, n + lane / 16, VALUE_COLS);
      const uint4 v = load_transposed(at);
      float* d = rows->sums + n * 4;
      MMA(d, low[0], low[1], low[2], low[3], v.x, v.y);
      MMA(d + 4, low[0], low[1], low[2], low[3], v.z, v.w);
#if PARTS == 2
      const uint4 rest = load_transposed(at + VALUE_PART_BYTES);
      MMA(d, high[0], high[1], high[2], high[3], rest.x, rest.y);
      MMA(d + 4, high[0], high[1], high[2], high[3], rest.z, rest.w);
#endif
      MMA(d, high[0], high[1], high[2], high[3], v.x, v.y);
      MMA(d + 4, high[0], high[1], high[2], high[3], v.z, v.w);
    }
  }
}

INLINE void close_rows(const QueryRows* rows, int kv_head, int first_row, global float* y,
                       const AttentionArgs* a) {
  const int lane = (int)get_local_id(0) % 32;
  const int group = a->heads / a->kv_heads;
#pragma unroll
  for (int n = 0; n < 2; ++n) {
    const int row = first_row + lane / 4 + 8 * n;
    float total = rows->total[n];
    total += shuffle_xor(total, 1);
    total += shuffle_xor(total, 2);
    if (row >= a->tokens * group) continue;
    const float factor = 1.0f / total;
    global float* to =
        y + ((long)(row / group) * a->heads + kv_head * group + row % group) * a->value_dim + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < VALUE_COLS / 8; ++i) {
      if (i * 8 + lane % 4 * 2 < a->value_dim)
        *(global float2*)(to + i * 8) =
            (float2)(rows->sums[4 * i + 2 * n], rows->sums[4 * i + 2 * n + 1]) * factor;
    }
  }
}

INLINE void multiply_tile(QueryRows* rows, uint at, int first, bool hide) {
  float scores[SCORES * 4];
  multiply_keys(rows, at, scores);
  if (hide) hide_scores(rows, first, scores);
  soften(rows, scores);
  multiply_values(rows, at + PARTS * KEY_PART_BYTES, scores);
}

// Keys that any row of tokens [first, last] sees; *all_begin and *all_end: that every one does.
INLINE void find_keys(KeyRange* range, int first, int last, global const int* positions,
                      const AttentionArgs* a, int* all_begin, int* all_end) {
  range->begin = a->context;
  range->end = 0;
  *all_begin = 0;
  *all_end = a->context;
  for (int t = first; t <= last; ++t) {
    const int end = min(positions[t] + 1, a->context);
    const int begin = a->window > 0 ? max(0, positions[t] + 1 - a->window) : 0;
    range->begin = min(range->begin, begin);
    range->end = max(range->end, end);
    *all_begin = max(*all_begin, begin);
    *all_end = min(*all_end, end);
  }
}

// Rows of a kv head are numbered token by token, the heads of its group together. The last rows, which see
// most keys, come first.
kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_mma(
    global const float* restrict q, global const uchar* restrict keys, global const uchar* restrict values,
    global const int* restrict positions, global const uchar* restrict shared_keys, global float* restrict y,
    const AttentionArgs a) {
  local uchar memory[ATTENTION_LOCAL] __attribute__((aligned(128)));
  uint at = (uint)(size_t)memory;
  const int group = a.heads / a.kv_heads;
  const int blocks = (a.tokens * group + ROWS - 1) / ROWS;
  for (int item = (int)get_group_id(0); item < blocks * a.kv_heads; item += (int)get_num_groups(0)) {
    KeyRange range;
    range.caches.keys = keys;
    range.caches.values = values;
    range.caches.shared_keys = shared_keys;
    range.kv_head = item % a.kv_heads;
    const int block_row = (blocks - 1 - item / a.kv_heads) * ROWS;
    const int first_row = block_row + (int)get_local_id(0) / 32 * 16;
    const int last = min(block_row + ROWS, a.tokens * group) - 1;
    int all_begin, all_end;
    find_keys(&range, block_row / group, last / group, positions, &a, &all_begin, &all_end);
    int first = range.begin / KEY_TILE * KEY_TILE;
#if HALVES
    barrier(CLK_LOCAL_MEM_FENCE);
    fetch_tile(at, &range, &a, first);
#else
    float4 fours[KEY_FOURS + VALUE_FOURS];
    fetch_tile(fours, &range, &a, first);
#endif
    QueryRows rows;
    open_rows(&rows, range.kv_head, first_row, q, positions, &a);
    for (; first < range.end; first += KEY_TILE) {
      const bool hide = first < all_begin || first + KEY_TILE > all_end;
#if HALVES
      const uint next = (uint)(size_t)memory * 2 + TILE_BYTES - at;
      fetch_tile(next, &range, &a, first + KEY_TILE);
      COPIES_WAIT(1);
      barrier(CLK_LOCAL_MEM_FENCE);
      multiply_tile(&rows, at, first, hide);
      barrier(CLK_LOCAL_MEM_FENCE);
      at = next;
#else
      barrier(CLK_LOCAL_MEM_FENCE);
      store_fours(memory, fours);
      barrier(CLK_LOCAL_MEM_FENCE);
      fetch_tile(fours, &range, &a, first + KEY_TILE);
      multiply_tile(&rows, at, first, hide);
#endif
    }
#if HALVES
    COPIES_WAIT(0);
#endif
    close_rows(&rows, range.kv_head, first_row, y, &a);
  }
}
