// Causal attention of many tokens by wgmma over keys and values that attention_pack.cl has packed, with an online
// softmax (Milakov and Gimelshein 2018) in registers. Warpgroup 0 brings blocks into local memory, the others
// multiply 64 query rows each; queries and weights are halves (or bf16) from registers, one or two each. Of keys
// and values in two bf16 the product of both rests is left out. Groups stay: while rows are stored, the blocks of
// the next come. Needs sm_90a.
#include "cl_kernels/args/attention_args.h"
#include "nvidia/attention_blocks.clh"

#if !defined(QUERY_PARTS) || !defined(WARPGROUPS)
#error "QUERY_PARTS: 1 or 2 of a query and of a weight; WARPGROUPS: that multiply, 2 or 3"
#endif
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
#define ROWS (WARPGROUPS * 64)  // of a group
#include "nvidia/query_rows.clh"
#include "nvidia/wgmma_n128.clh"
#include "nvidia/wgmma_n64.clh"

#define MANY_HEADS 64  // whose keys and values the device's cache does not hold
#define SECTION 8      // heads whose it does
#define STAGES 5
// In local memory, one piece so that one register holds its address.
#define FULL_AT (STAGES * BLOCK_BYTES)
#define EMPTY_AT (FULL_AT + STAGES * 8)
#define LOCAL_BYTES (EMPTY_AT + STAGES * 8)

// The tiles that query rows go through, and keys that each of them sees.
typedef struct {
  int first;  // tiles [first, end)
  int end;
  int all_begin;  // keys [all_begin, all_end)
  int all_end;
} Span;

// A block of query rows of a kv head. Rows are numbered token by token, the heads of a group together.
typedef struct {
  int kv_head;
  int row;
} Item;

INLINE int items_of(const AttentionArgs* a) {
  return (a->tokens * (a->heads / a->kv_heads) + ROWS - 1) / ROWS * a->kv_heads;
}
// What a group does in a round; false behind the last. The later a block's rows, the more keys they see: groups
// take blocks from the last on, every second round from the other end, so that each has as much to do. Many heads
// go in sections; there they take pairs of blocks, a head's last one left and in the next round its first.
INLINE bool item_of_round(Item* item, int round, const AttentionArgs* a) {
  const int groups = (int)get_num_groups(0);
  const int group = (int)get_group_id(0);
  const int blocks = items_of(a) / a->kv_heads;
  const int pairs = (blocks + 1) / 2;
  if (a->kv_heads < MANY_HEADS) {
    const int index = round * groups + (round % 2 == 0 ? group : groups - 1 - group);
    item->kv_head = index % a->kv_heads;
    item->row = (blocks - 1 - index / a->kv_heads) * ROWS;
    return index < items_of(a);
  }
  const int index = round / 2 * groups + group;
  const int first_head = index / (SECTION * pairs) * SECTION;
  const int heads = clamp(a->kv_heads - first_head, 1, SECTION);
  const int rest = index - first_head * pairs;
  int block = rest / heads;
  if (round % 2 == 0) block = blocks - 1 - block;
  else if (block == blocks / 2) block = blocks;  // one of an odd number has no other: rows that do not exist
  item->kv_head = first_head + rest % heads;
  item->row = block * ROWS;
  return index < a->kv_heads * pairs;
}

INLINE int least_of_warp(int v) {
#pragma unroll
  for (int lanes = 1; lanes < 32; lanes *= 2) v = min(v, as_int(shuffle_xor(as_float(v), (uint)lanes)));
  return v;
}

// Of rows [row, row + count), as far as there are such. All of a warp must come.
INLINE Span span_of(int row, const int count, global const int* positions, const AttentionArgs* a) {
  const int group = a->heads / a->kv_heads;
  const int last = (min(row + count, a->tokens * group) - 1) / group;
  int begin = a->context;
  int not_end = 0;
  int not_all_begin = 0;
  int all_end = a->context;
#pragma unroll
  for (int i = 0; i < count; i += 32) {  // whatever the group: loads that do not wait for each other
    const int t = row / group + i + (int)get_local_id(0) % 32;
    const AttentionRange seen = attention_range(positions[min(t, last)], a);
    if (t > last) continue;
    begin = min(begin, seen.begin);
    not_end = min(not_end, -seen.end);
    not_all_begin = min(not_all_begin, -seen.begin);
    all_end = min(all_end, seen.end);
  }
  Span span;
  span.first = least_of_warp(begin) / KEY_TILE;
  span.end = (-least_of_warp(not_end) + KEY_TILE - 1) / KEY_TILE;
  span.all_begin = -least_of_warp(not_all_begin);
  span.all_end = least_of_warp(all_end);
  return span;
}

INLINE void bring_blocks(global const uchar* packed, global const int* positions, uint at, const AttentionArgs* a) {
  const bool elected = get_local_id(0) == 0;
  uint stage = 0;
  uint parity = 1;
  Item item;
  for (int round = 0; item_of_round(&item, round, a); ++round) {
    const Span span = span_of(item.row, ROWS, positions, a);
    global const uchar* from = packed + tile_at(item.kv_head, span.first, a->tiles);
    if (!elected) continue;
    for (int i = (span.end - span.first) * TILE_BLOCKS; i > 0; --i, from += BLOCK_BYTES) {
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

// A tile that none of the warpgroup's rows sees. A block is free when all of its warps have met it.
INLINE void pass_tile(Ring* ring, uint warpgroup) {
  for (int i = 0; i < TILE_BLOCKS; ++i) {
    next_block(ring);
    warpgroup_barrier(1u + warpgroup);
    free_block(ring, ring->stage);
    step_on(ring);
  }
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
#if QUERY_PARTS == 2
      if (i < KEY_BLOCKS) MULTIPLY_KEYS(scores, fragment(rows->low + step * 4), b);
#endif
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
  uint high[KEY_TILE / 16][4];
#if QUERY_PARTS == 2
  uint low[KEY_TILE / 16][4];
#pragma unroll
  for (int i = 0; i < KEY_TILE / 4; ++i)
    split(weights[2 * i], weights[2 * i + 1], &high[i / 4][i % 4], &low[i / 4][i % 4]);
#else
#pragma unroll
  for (int i = 0; i < KEY_TILE / 4; ++i) high[i / 4][i % 4] = PACK(weights[2 * i], weights[2 * i + 1]);
#endif
  uint last = 0;
#pragma unroll
  for (int i = 0; i < PARTS * VALUE_BLOCKS; ++i) {
    const ulong block = next_block(ring);
    wgmma_fence();
#pragma unroll
    for (int s = 0; s < 2; ++s) {
      const int step = i % VALUE_BLOCKS * 2 + s;
      const ulong b = block + (ulong)(s * 2);
#if QUERY_PARTS == 2
      if (i < VALUE_BLOCKS) MULTIPLY_VALUES(rows->sums, fragment(low[step]), b);
#endif
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

// Brings a warpgroup's query rows nearer, which it will read after the ones at hand.
INLINE void prefetch_rows(int kv_head, int first_row, global const float* q, const AttentionArgs* a) {
  const int group = a->heads / a->kv_heads;
  const int dim = a->key_dim + a->shared_dim;
  const int lines = (dim + 31) / 32;  // of 128 bytes
  const int count = min(64, a->tokens * group - first_row);
  for (int i = (int)(get_local_id(0) % 128u); i < count * lines; i += 128) {
    const int row = first_row + i / lines;
    prefetch_line(q + ((long)(row / group) * a->heads + kv_head * group + row % group) * dim + i % lines * 32);
  }
}

INLINE void attend(global const float* q, global const int* positions, global const float* sinks, global float* y,
                   uint at, uint warpgroup, const AttentionArgs* a) {
  Ring ring = {at, 0, 0};
  Item item;
  for (int round = 0; item_of_round(&item, round, a); ++round) {
    const Span all = span_of(item.row, ROWS, positions, a);
    const int warpgroup_row = item.row + (int)warpgroup * 64;
    const Span mine = span_of(warpgroup_row, 64, positions, a);
    const int first_row = warpgroup_row + (int)(get_local_id(0) % 128u / 32u) * 16;
    QueryRows rows;
    open_rows(&rows, item.kv_head, first_row, q, positions, a);
    Item next;
    if (item_of_round(&next, round + 1, a)) prefetch_rows(next.kv_head, next.row + (int)warpgroup * 64, q, a);
    for (int tile = all.first; tile < all.end; ++tile) {
      if (tile < mine.first || tile >= mine.end) {
        pass_tile(&ring, warpgroup);
        continue;
      }
      const int first = tile * KEY_TILE;
      float scores[SCORES * 4];
      multiply_keys(&rows, &ring, scores);
      cap_scores(scores, a);
      if (first < mine.all_begin || first + KEY_TILE > mine.all_end) hide_scores(&rows, first, scores);
      soften(&rows, scores);
      multiply_values(&rows, &ring, scores);
    }
#ifdef SINKS
    add_sinks(&rows, item.kv_head, first_row, sinks, a);
#endif
    close_rows(&rows, item.kv_head, first_row, y, a);
  }
}

kernel __attribute__((reqd_work_group_size((WARPGROUPS + 1) * 128, 1, 1))) void attention_wgmma(
    global const float* restrict q, global const uchar* restrict packed, global const int* restrict positions,
    global const float* restrict sinks, global float* restrict y, const AttentionArgs a) {
  local uchar memory[LOCAL_BYTES] __attribute__((aligned(1024)));
  const uint at = shared_address(memory);
  if (get_local_id(0) == 0) {
    for (uint i = 0; i < STAGES; ++i) {
      mbarrier_init(at + FULL_AT + 8 * i, 1);
      mbarrier_init(at + EMPTY_AT + 8 * i, WARPGROUPS);
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  const uint warpgroup = (uint)get_local_id(0) / 128u;
  if (warpgroup == 0) {
#if WARPGROUPS == 3
    REGISTERS_DOWN(32);
#elif KEY_COLS > 128
    REGISTERS_DOWN(24);
#else
    REGISTERS_DOWN(40);
#endif
    if (get_local_id(0) < 32) bring_blocks(packed, positions, at, &a);
  } else {
#if WARPGROUPS == 3
    REGISTERS_UP(160);
#elif KEY_COLS > 128
    REGISTERS_UP(240);
#else
    REGISTERS_UP(232);
#endif
    attend(q, positions, sinks, y, at, warpgroup - 1u, &a);
  }
}
