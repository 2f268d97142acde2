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
#define QUERY_PARTS 2
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

INLINE void multiply_tile(QueryRows* rows, uint at, int first, bool hide) {
  float scores[SCORES * 4];
  multiply_keys(rows, at, scores);
  if (hide) hide_scores(rows, first, scores);
  soften(rows, scores);
  multiply_values(rows, at + PARTS * KEY_PART_BYTES, scores);
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
