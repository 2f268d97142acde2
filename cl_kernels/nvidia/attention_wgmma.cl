// Causal attention of many tokens by wgmma over keys and values that attention_pack.cl has packed, with an online
// softmax (Milakov and Gimelshein 2018) in registers. Warpgroup 0 brings blocks into local memory, 1 and 2
// multiply 64 query rows each; queries and weights are two halves (or bf16) each, from registers. Of keys and
// values in two bf16 the product of both rests is left out. Needs sm_90a.
#include "cl_kernels/args/attention_args.h"
#include "nvidia/attention_blocks.clh"

#if HALVES
#define PACK halves_of
#define UNPACK floats_of_halves
#define MULTIPLY_KEYS WGMMA_F16_M64N64K16
#define MULTIPLY_VALUES(d, a, b) WGMMA_F16_M64N128K16(d, a, b, 1)
#else
#define PACK bf16s_of
#define UNPACK floats_of_bf16s
#define MULTIPLY_KEYS WGMMA_BF16_M64N64K16
#define MULTIPLY_VALUES(d, a, b) WGMMA_BF16_M64N128K16(d, a, b, 1)
#endif
#define KEY_STEPS (KEY_COLS / 16)
#define SCORES (KEY_TILE / 8)
#define ROWS 128  // of a group
#include "nvidia/query_rows.clh"
#include "nvidia/wgmma_n128.clh"
#include "nvidia/wgmma_n64.clh"

#define STAGES 5
// In local memory, one piece so that one register holds its address.
#define FULL_AT (STAGES * BLOCK_BYTES)
#define EMPTY_AT (FULL_AT + STAGES * 8)
#define LOCAL_BYTES (EMPTY_AT + STAGES * 8)

// A block of query rows of a kv head and the tiles that it goes through. Rows are numbered token by token, the
// heads of a group together; the last ones, which see most keys, come first.
typedef struct {
  int kv_head;
  int row;
  int first;  // tiles [first, end)
  int end;
  int all_begin;  // keys that every row sees: [all_begin, all_end)
  int all_end;
} Item;

INLINE int items_of(const AttentionArgs* a) {
  return (a->tokens * (a->heads / a->kv_heads) + ROWS - 1) / ROWS * a->kv_heads;
}

INLINE int least_of_warp(int v) {
#pragma unroll
  for (int lanes = 1; lanes < 32; lanes *= 2) v = min(v, as_int(shuffle_xor(as_float(v), (uint)lanes)));
  return v;
}

// All of a warp must come.
INLINE Item item_at(int index, global const int* positions, const AttentionArgs* a) {
  const int group = a->heads / a->kv_heads;
  const int blocks = items_of(a) / a->kv_heads;
  Item item;
  item.kv_head = index % a->kv_heads;
  item.row = (blocks - 1 - index / a->kv_heads) * ROWS;
  const int last = (min(item.row + ROWS, a->tokens * group) - 1) / group;
  int begin = a->context;
  int not_end = 0;
  int not_all_begin = 0;
  int all_end = a->context;
  for (int t = item.row / group + (int)get_local_id(0) % 32; t <= last; t += 32) {
    const AttentionRange seen = attention_range(positions[t], a);
    begin = min(begin, seen.begin);
    not_end = min(not_end, -seen.end);
    not_all_begin = min(not_all_begin, -seen.begin);
    all_end = min(all_end, seen.end);
  }
  item.first = least_of_warp(begin) / KEY_TILE;
  item.end = (-least_of_warp(not_end) + KEY_TILE - 1) / KEY_TILE;
  item.all_begin = -least_of_warp(not_all_begin);
  item.all_end = least_of_warp(all_end);
  return item;
}

INLINE void bring_blocks(global const uchar* packed, global const int* positions, uint at, const AttentionArgs* a) {
  const bool elected = get_local_id(0) == 0;
  uint stage = 0;
  uint parity = 1;
  for (int index = (int)get_group_id(0); index < items_of(a); index += (int)get_num_groups(0)) {
    const Item item = item_at(index, positions, a);
    global const uchar* from = packed + tile_at(item.kv_head, item.first, a->tiles);
    if (!elected) continue;
    for (int i = (item.end - item.first) * TILE_BLOCKS; i > 0; --i, from += BLOCK_BYTES) {
      mbarrier_wait(at + EMPTY_AT + 8 * stage, parity);
      mbarrier_expect(at + FULL_AT + 8 * stage, BLOCK_BYTES);
      bulk_copy(at + stage * BLOCK_BYTES, from, BLOCK_BYTES, at + FULL_AT + 8 * stage);
      if (++stage == STAGES) stage = 0, parity ^= 1;
    }
  }
}

// The blocks in local memory, in turn.
typedef struct {
  uint at;
  uint stage;
  uint parity;
} Ring;

INLINE ulong next_block(const Ring* ring) {
  mbarrier_wait(ring->at + FULL_AT + 8 * ring->stage, ring->parity);
  return descriptor_of(ring->at + ring->stage * BLOCK_BYTES);
}
INLINE void step_on(Ring* ring) {
  if (++ring->stage == STAGES) ring->stage = 0, ring->parity ^= 1;
}
INLINE void free_block(const Ring* ring, uint stage) {
  if (get_local_id(0) % 128u == 0) mbarrier_arrive(ring->at + EMPTY_AT + 8 * stage);
}

INLINE uint4 fragment(const uint* words) {
  return (uint4)(words[0], words[1], words[2], words[3]);
}

INLINE void multiply_keys(const QueryRows* rows, Ring* ring, float* scores) {
#pragma unroll
  for (int i = 0; i < SCORES * 4; ++i) scores[i] = 0.0f;
  uint last = 0;
#pragma unroll
  for (int i = 0; i < PARTS * KEY_BLOCKS; ++i) {
    const ulong block = next_block(ring);
    wgmma_fence();
#pragma unroll
    for (int s = 0; s < 4; ++s) {
      const int step = i % KEY_BLOCKS * 4 + s;
      const ulong b = block + (ulong)(s / 2 * (KEY_TILE * 64 / 16) + s % 2 * 2);
      if (i < KEY_BLOCKS) MULTIPLY_KEYS(scores, fragment(rows->low + step * 4), b);
      MULTIPLY_KEYS(scores, fragment(rows->high + step * 4), b);
    }
    wgmma_commit();
    if (i > 0) {
      WGMMA_WAIT(1);
      free_block(ring, last);
    }
    last = ring->stage;
    step_on(ring);
  }
  WGMMA_WAIT_ON_N64(scores);
  free_block(ring, last);
}

INLINE void multiply_values(QueryRows* rows, Ring* ring, const float* weights) {
  uint high[KEY_TILE / 16][4], low[KEY_TILE / 16][4];
#pragma unroll
  for (int i = 0; i < KEY_TILE / 4; ++i)
    split(weights[2 * i], weights[2 * i + 1], &high[i / 4][i % 4], &low[i / 4][i % 4]);
  uint last = 0;
#pragma unroll
  for (int i = 0; i < PARTS * VALUE_BLOCKS; ++i) {
    const ulong block = next_block(ring);
    wgmma_fence();
#pragma unroll
    for (int s = 0; s < 2; ++s) {
      const int step = i % VALUE_BLOCKS * 2 + s;
      const ulong b = block + (ulong)(s * 2);
      if (i < VALUE_BLOCKS) MULTIPLY_VALUES(rows->sums, fragment(low[step]), b);
      MULTIPLY_VALUES(rows->sums, fragment(high[step]), b);
    }
    wgmma_commit();
    if (i > 0) {
      WGMMA_WAIT(1);
      free_block(ring, last);
    }
    last = ring->stage;
    step_on(ring);
  }
  WGMMA_WAIT_ON(rows->sums);
  free_block(ring, last);
}

INLINE void attend(global const float* q, global const int* positions, global const float* sinks, global float* y,
                   uint at, uint warpgroup, const AttentionArgs* a) {
  Ring ring = {at, 0, 0};
  for (int index = (int)get_group_id(0); index < items_of(a); index += (int)get_num_groups(0)) {
    const Item item = item_at(index, positions, a);
    const int first_row = item.row + (int)warpgroup * 64 + (int)(get_local_id(0) % 128u / 32u) * 16;
    QueryRows rows;
    open_rows(&rows, item.kv_head, first_row, q, positions, a);
    for (int tile = item.first; tile < item.end; ++tile) {
      const int first = tile * KEY_TILE;
      float scores[SCORES * 4];
      multiply_keys(&rows, &ring, scores);
      cap_scores(scores, a);
      if (first < item.all_begin || first + KEY_TILE > item.all_end) hide_scores(&rows, first, scores);
      soften(&rows, scores);
      multiply_values(&rows, &ring, scores);
    }
#ifdef SINKS
    add_sinks(&rows, item.kv_head, first_row, sinks, a);
#endif
    close_rows(&rows, item.kv_head, first_row, y, a);
  }
}

kernel __attribute__((reqd_work_group_size(384, 1, 1))) void attention_wgmma(
    global const float* restrict q, global const uchar* restrict packed, global const int* restrict positions,
    global const float* restrict sinks, global float* restrict y, const AttentionArgs a) {
  local uchar memory[LOCAL_BYTES] __attribute__((aligned(1024)));
  const uint at = shared_address(memory);
  if (get_local_id(0) == 0) {
    for (uint i = 0; i < STAGES; ++i) {
      mbarrier_init(at + FULL_AT + 8 * i, 1);
      mbarrier_init(at + EMPTY_AT + 8 * i, 2);
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const uint warpgroup = (uint)get_local_id(0) / 128u;
  if (warpgroup == 0) {
#if KEY_COLS > 128
    REGISTERS_DOWN(24);
#else
    REGISTERS_DOWN(40);
#endif
    if (get_local_id(0) < 32) bring_blocks(packed, positions, at, &a);
  } else {
#if KEY_COLS > 128
    REGISTERS_UP(240);
#else
    REGISTERS_UP(232);
#endif
    attend(q, positions, sinks, y, at, warpgroup - 1u, &a);
  }
}
