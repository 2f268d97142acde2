// Absorbed latent attention (DeepSeek's MLA) of few tokens on tensor cores: all heads read one row of 512 latents
// and 64 rotary columns, of which the latents are the value too. A group takes 32 heads of a token and a chunk of
// what it sees, in tiles of 16 keys that pass through local memory once. Four slices of the columns stay with four
// pairs of warps, so that the queries, in two halves (or bf16) each, fit in registers; the slices' scores are added
// up in local memory, and each warp weighs 64 columns of the values. Caches are f16, bf16, f32 in two bf16 each, of
// whose products that of both rests is left out, or FP8 with a scale for each slice. Where operands may be rounded
// (QUERY_PARTS 1), each is one half or bf16. attention_decode_join.cl joins the chunks, whose borders follow from
// what their token sees: as many as keep the device busy once, so that a group seldom reads queries twice.
#include "cl_kernels/args/attention_args.h"
#define WG_SIZE 256
#include "lanes.clh"

#include "attention_mask.clh"
#include "nvidia/decode_part.clh"
#include "nvidia/matrices.clh"
#include "nvidia/warp.clh"

#if HALVES
#define MMA mma_f16
#define PACK halves_of
#define UNPACK floats_of_halves
#else
#define MMA mma_bf16
#define PACK bf16s_of
#define UNPACK floats_of_bf16s
#endif
#define LOG2_E 1.44269504089f
#define ROWS 32
#define STEPS 9         // of 16 columns of a slice
#define WARP_COLS 64    // of the values
#define SCORE_PITCH 18  // floats from row to row: fewer rows meet in a bank

// Two floats as words of their high parts and of what those leave.
INLINE void split(float a, float b, uint* high, uint* low) {
  *high = PACK(a, b);
  const float2 rest = (float2)(a, b) - UNPACK(*high);
  *low = PACK(rest.x, rest.y);
}
#ifdef CACHE_FP8_E4M3
#define MMA_ROTARY mma_f16
#define SPLIT_ROTARY split_halves
INLINE void split_halves(float a, float b, uint* high, uint* low) {
  *high = halves_of(a, b);
  const float2 rest = (float2)(a, b) - floats_of_halves(*high);
  *low = halves_of(rest.x, rest.y);
}
#else
#define MMA_ROTARY MMA
#define SPLIT_ROTARY split
#endif
#include "nvidia/latent_tile.clh"

typedef struct {
  Tiles tiles;
  float scores[SLICES][ROWS][SCORE_PITCH];
#ifdef SCALED
  float weights[ROWS][SCORE_PITCH];
#else
  uint high[ROWS * TILE / 2];  // weights by pairs of keys, the two chunks of a row where weights_at() says
#if QUERY_PARTS == 2
  uint low[ROWS * TILE / 2];
#endif
#endif
  float factor[ROWS];
} Shared;

#ifndef SCALED
// The byte of 8 keys' weights of a row.
INLINE uint weights_at(int row, int chunk) {
  return (uint)(row * TILE * 2 + (chunk ^ (row / 4 & 1)) * 16);
}
#endif

// What a group does: a chunk of what a token sees, for 32 of its heads or the rest.
typedef struct {
  int first_row;  // rows: heads, token by token
  int end_row;
  int slot;
  int begin;  // keys [begin, end)
  int end;
} Item;

INLINE int blocks_of_token(const AttentionArgs* a) {
  return (a->heads + ROWS - 1) / ROWS;
}
INLINE Item item_at(int index, global const int* positions, const AttentionArgs* a) {
  const int block = index % (a->tokens * blocks_of_token(a));
  const int token = block / blocks_of_token(a);
  const AttentionRange seen = attention_range(positions[token], a);
  const Chunks chunks = chunks_of(&seen, a);
  Item item;
  item.first_row = token * a->heads + block % blocks_of_token(a) * ROWS;
  item.end_row = (token + 1) * a->heads;
  item.slot = index / (a->tokens * blocks_of_token(a));
  item.begin = max(seen.begin, chunks.begin + item.slot * chunks.keys);
  item.end = min(seen.end, chunks.begin + (item.slot + 1) * chunks.keys);
  return item;
}

// Of a warp: row tile m has rows 16 m + l / 4 and + 8.
typedef struct {
  uint high[2][STEPS][4];  // of its slice of the queries, times the scale and log2(e)
  uint low[2][STEPS][4];
  float sums[2][WARP_COLS / 8][4];  // of its columns of the weighted values
} WarpRows;

INLINE void open_rows(WarpRows* rows, const Item* item, global const float* q, const AttentionArgs* a) {
  const int lane = (int)get_local_id(0) % 32;
  const int slice = (int)get_local_id(0) / 32 % SLICES;
  const float scale = a->scale * LOG2_E;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int row = min(item->first_row + i * 8 + lane / 4, item->end_row - 1);
    global const float* from = q + (long)row * KEY_COLS + lane % 4 * 2;
#pragma unroll
    for (int s = 0; s < STEPS; ++s) {
      const int col = s < STEPS - 1 ? slice * 128 + s * 16 : LATENTS + slice * 16;
      const float2 v = *(global const float2*)(from + col) * scale;
      const float2 w = *(global const float2*)(from + col + 8) * scale;
      uint* high = rows->high[i / 2][s] + i % 2;
      uint* low = rows->low[i / 2][s] + i % 2;
      if (s < STEPS - 1) {
        split(v.x, v.y, high, low);
        split(w.x, w.y, high + 2, low + 2);
      } else {
        SPLIT_ROTARY(v.x, v.y, high, low);
        SPLIT_ROTARY(w.x, w.y, high + 2, low + 2);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < WARP_COLS; ++i) rows->sums[i / 32][i / 4 % 8][i % 4] = 0.0f;
}

// The part of its slice in the scores of 32 rows and the warp's 8 keys.
INLINE void multiply_keys(const WarpRows* rows, uint tile, local Shared* shared) {
  const int lane = (int)get_local_id(0) % 32;
  const int slice = (int)get_local_id(0) / 32 % SLICES;
  const int key = (int)get_local_id(0) / 32 / SLICES * 8;
  float scores[2][4];
#pragma unroll
  for (int i = 0; i < 8; ++i) scores[i / 4][i % 4] = 0.0f;
  // Chunks 16 slice + 2 s + l / 8: what differs from step to step are bits that no row's swizzle mixes.
  const uint at = tile + columns_at(key + lane % 8, slice * 16 + lane / 8);
#pragma unroll
  for (int s = 0; s < STEPS - 1; s += 2) {
    const uint4 k = load_matrices((at ^ (uint)(s % 4 * 32)) + (uint)(s / 4 * 128));
#pragma unroll
    for (int i = 0; i < 8; ++i) {
#if QUERY_PARTS == 1
      if (i % 4 < 2) continue;
#endif
      const int step = s + i / 4;
      const uint* part = i % 4 < 2 ? rows->low[i % 2][step] : rows->high[i % 2][step];
      MMA(scores[i % 2], part[0], part[1], part[2], part[3], i < 4 ? k.x : k.z, i < 4 ? k.y : k.w);
    }
#if PARTS == 2
    const uint4 rest = load_matrices((at ^ (uint)(s % 4 * 32)) + (uint)(s / 4 * 128 + TILE_BYTES));
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const uint* part = rows->high[i % 2][s + i / 2];
      MMA(scores[i % 2], part[0], part[1], part[2], part[3], i < 2 ? rest.x : rest.z, i < 2 ? rest.y : rest.w);
    }
#endif
  }
#ifdef SCALED
  const float2 scale = (float2)(shared->tiles.scales[key + lane % 4 * 2][slice],
                                shared->tiles.scales[key + lane % 4 * 2 + 1][slice]);
#pragma unroll
  for (int i = 0; i < 8; ++i) scores[i / 4][i % 4] *= i % 2 == 0 ? scale.x : scale.y;
#endif
  const uint rotary = tile + columns_at(key + lane % 8, LATENTS / 8 + slice * 2 + lane / 8 % 2);
  const uint4 k = load_matrices(rotary);
#pragma unroll
  for (int i = QUERY_PARTS == 1 ? 2 : 0; i < 4; ++i) {
    const uint* part = i < 2 ? rows->low[i % 2][STEPS - 1] : rows->high[i % 2][STEPS - 1];
    MMA_ROTARY(scores[i % 2], part[0], part[1], part[2], part[3], k.x, k.y);
  }
#if PARTS == 2
  const uint4 rest = load_matrices(rotary + TILE_BYTES);
#pragma unroll
  for (int m = 0; m < 2; ++m) {
    const uint* part = rows->high[m][STEPS - 1];
    MMA(scores[m], part[0], part[1], part[2], part[3], rest.x, rest.y);
  }
#endif
#pragma unroll
  for (int i = 0; i < 4; ++i)
    *(local float2*)&shared->scores[slice][i * 8 + lane / 4][key + lane % 4 * 2] =
        (float2)(scores[i / 2][i % 2 * 2], scores[i / 2][i % 2 * 2 + 1]);
}

// What eight work-items know of a row, of which they weigh two keys each.
typedef struct {
  float highest;
  float total;  // the work-item's part
} RowState;

// Weights 2^(score - highest) of the tile's keys, and the factor by which sums so far shrink.
INLINE void soften(RowState* state, const Item* item, int first, local Shared* shared) {
  const int row = (int)get_local_id(0) / 8;
  const int pair = (int)get_local_id(0) % 8;
  float2 score = (float2)(0.0f);
#pragma unroll
  for (int s = 0; s < SLICES; ++s) score += *(local const float2*)&shared->scores[s][row][pair * 2];
  const int key = first + pair * 2;
  if (key < item->begin || key >= item->end) score.x = -INFINITY;
  if (key + 1 < item->begin || key + 1 >= item->end) score.y = -INFINITY;
  float most = fmax(state->highest, fmax(score.x, score.y));
  most = fmax(most, shuffle_xor(most, 1));
  most = fmax(most, shuffle_xor(most, 2));
  most = fmax(most, shuffle_xor(most, 4));
  const float base = most == -INFINITY ? 0.0f : most;
  const float factor = power_of_two(state->highest - base);
  const float x = power_of_two(score.x - base);
  const float y = power_of_two(score.y - base);
  state->highest = most;
  state->total = fma(state->total, factor, x + y);
#ifdef SCALED
  *(local float2*)&shared->weights[row][pair * 2] = (float2)(x, y);
#else
  const uint at = weights_at(row, pair / 4) / 4 + (uint)(pair % 4);
  uint high, low;
  split(x, y, &high, &low);
  shared->high[at] = high;
#if QUERY_PARTS == 2
  shared->low[at] = low;
#endif
#endif
  if (pair == 0) shared->factor[row] = factor;
}

// The tile's weights of 16 rows from `row` on, for the warp's columns: times the keys' scales, if any.
INLINE void load_weights(uint4* high, uint4* low, int row, local const Shared* shared) {
  const int lane = (int)get_local_id(0) % 32;
#ifdef SCALED
  const int slice = (int)get_local_id(0) / 32 * WARP_COLS / 128;
  uint high_words[4], low_words[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int key = lane % 4 * 2 + i / 2 * 8;
    const float2 weights = *(local const float2*)&shared->weights[row + lane / 4 + i % 2 * 8][key];
    split(weights.x * shared->tiles.scales[key][slice], weights.y * shared->tiles.scales[key + 1][slice],
          &high_words[i], &low_words[i]);
  }
  *high = (uint4)(high_words[0], high_words[1], high_words[2], high_words[3]);
  *low = (uint4)(low_words[0], low_words[1], low_words[2], low_words[3]);
#else
  const uint at = weights_at(row + lane % 16, lane / 16);
  *high = load_matrices((uint)(size_t)shared->high + at);
#if QUERY_PARTS == 2
  *low = load_matrices((uint)(size_t)shared->low + at);
#endif
#endif
}

INLINE void multiply_values(WarpRows* rows, uint tile, local const Shared* shared) {
  const int lane = (int)get_local_id(0) % 32;
  const int warp = (int)get_local_id(0) / 32;
  uint4 high[2], low[2];
#pragma unroll
  for (int m = 0; m < 2; ++m) {
    load_weights(&high[m], &low[m], m * 16, shared);
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const float factor = shared->factor[m * 16 + h * 8 + lane / 4];
#pragma unroll
      for (int n = 0; n < WARP_COLS / 8; ++n) {
        rows->sums[m][n][2 * h] *= factor;
        rows->sums[m][n][2 * h + 1] *= factor;
      }
    }
  }
  const uint columns = tile + columns_at(lane % 16, warp * (WARP_COLS / 8) + lane / 16);
#pragma unroll
  for (int n = 0; n < WARP_COLS / 8; n += 2) {
    const uint4 v = load_transposed(columns ^ (uint)(n * 16));
#if QUERY_PARTS == 2
#pragma unroll
    for (int m = 0; m < 2; ++m) {
      MMA(rows->sums[m][n], low[m].x, low[m].y, low[m].z, low[m].w, v.x, v.y);
      MMA(rows->sums[m][n + 1], low[m].x, low[m].y, low[m].z, low[m].w, v.z, v.w);
    }
#endif
#if PARTS == 2
    const uint4 rest = load_transposed((columns ^ (uint)(n * 16)) + TILE_BYTES);
#pragma unroll
    for (int m = 0; m < 2; ++m) {
      MMA(rows->sums[m][n], high[m].x, high[m].y, high[m].z, high[m].w, rest.x, rest.y);
      MMA(rows->sums[m][n + 1], high[m].x, high[m].y, high[m].z, high[m].w, rest.z, rest.w);
    }
#endif
#pragma unroll
    for (int m = 0; m < 2; ++m) {
      MMA(rows->sums[m][n], high[m].x, high[m].y, high[m].z, high[m].w, v.x, v.y);
      MMA(rows->sums[m][n + 1], high[m].x, high[m].y, high[m].z, high[m].w, v.z, v.w);
    }
  }
}

INLINE void store_part(const WarpRows* rows, const RowState* state, const Item* item, global float* partial,
                       const AttentionArgs* a) {
  const int lane = (int)get_local_id(0) % 32;
  const int warp = (int)get_local_id(0) / 32;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int row = item->first_row + i * 8 + lane / 4;
    if (row < item->end_row) {
      global float* to = part_sums(partial, 0, row, item->slot, a) + warp * WARP_COLS + lane % 4 * 2;
#pragma unroll
      for (int n = 0; n < WARP_COLS / 8; ++n)
        *(global float2*)(to + n * 8) =
            (float2)(rows->sums[i / 2][n][i % 2 * 2], rows->sums[i / 2][n][i % 2 * 2 + 1]);
    }
  }
  float total = state->total;
  total += shuffle_xor(total, 1);
  total += shuffle_xor(total, 2);
  total += shuffle_xor(total, 4);
  const int row = item->first_row + (int)get_local_id(0) / 8;
  if (lane % 8 == 0 && row < item->end_row)
    *part_mark(partial, 0, row, item->slot, a) = (float2)(state->highest, total);
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_latent_mma(
    global const float* restrict q, global const uchar* restrict latents, global const int* restrict positions,
    global float* restrict partial, const AttentionArgs a) {
  local Shared shared __attribute__((aligned(128)));
  const int count = a.tokens * blocks_of_token(&a) * a.tiles;
  for (int index = (int)get_group_id(0); index < count; index += (int)get_num_groups(0)) {
    const Item item = item_at(index, positions, &a);
    if (item.begin >= item.end) continue;
    const CacheRows cache = {latents, item.begin, item.end};
    int first = item.begin / TILE * TILE;
    fetch_tile(&shared.tiles, 0, &cache, first, &a);
    WarpRows rows;
    open_rows(&rows, &item, q, &a);
    RowState state = {-INFINITY, 0.0f};
    for (int turn = 0; first < item.end; first += TILE, turn ^= STAGES - 1) {
      const uint tile = (uint)(size_t)shared.tiles.parts[turn];
#if STAGES == 1
      barrier(CLK_LOCAL_MEM_FENCE);
      store_tile(&shared.tiles, &cache, first, &a);
      fetch_tile(&shared.tiles, 0, &cache, first + TILE, &a);
      barrier(CLK_LOCAL_MEM_FENCE);
#else
      COPIES_WAIT(0);
      barrier(CLK_LOCAL_MEM_FENCE);
      fetch_tile(&shared.tiles, turn ^ 1, &cache, first + TILE, &a);
#endif
      multiply_keys(&rows, tile, &shared);
      barrier(CLK_LOCAL_MEM_FENCE);
      soften(&state, &item, first, &shared);
      barrier(CLK_LOCAL_MEM_FENCE);
      multiply_values(&rows, tile, &shared);
    }
    COPIES_WAIT(0);
    barrier(CLK_LOCAL_MEM_FENCE);
    store_part(&rows, &state, &item, partial, &a);
  }
}
