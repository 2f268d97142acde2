// Keys and values of caches or matrices, packed for attention_wgmma.cl. What no token of the call sees may hold
// anything and becomes zeros.
#include "cl_kernels/args/attention_args.h"
#define WG_SIZE 256
#include "lanes.clh"

#include "attention_mask.clh"
#include "cache_row.clh"
#include "nvidia/attention_blocks.clh"
#include "nvidia/warp.clh"

#if !defined(KEYS) || !defined(VALUES) || !defined(SHARED)
#error "KEYS, VALUES, SHARED: how the operands' columns are stored (STORAGE_CODES, ...)"
#endif
#if HALVES
#define PACK halves_of
#define UNPACK floats_of_halves
#else
#define PACK bf16s_of
#define UNPACK floats_of_bf16s
#endif

// Eight floats, and what is left of them.
INLINE uint4 words_of(const float* v, uint4* rest) {
  uint words[4], left[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    words[i] = PACK(v[2 * i], v[2 * i + 1]);
    const float2 r = (float2)(v[2 * i], v[2 * i + 1]) - UNPACK(words[i]);
    left[i] = PACK(r.x, r.y);
  }
  *rest = (uint4)(left[0], left[1], left[2], left[3]);
  return (uint4)(words[0], words[1], words[2], words[3]);
}

// Of 16 columns a lane has the first eight, the next one the others; then it has those at the first places, the
// next one the others.
INLINE uint4 by_places(uint4 words) {
  const bool second = get_local_id(0) % 2u == 1u;
  const uint2 away = second ? words.xz : words.yw;
  const uint2 come = (uint2)(as_uint(shuffle_xor(as_float(away.x), 1)), as_uint(shuffle_xor(as_float(away.y), 1)));
  return second ? (uint4)(come, words.yw) : (uint4)(words.xz, come);
}

INLINE void store_words(global uchar* to, size_t part_bytes, uint4 words, uint4 rest) {
  *(global uint4*)to = words;
#if PARTS == 2
  *(global uint4*)(to + part_bytes) = rest;
#endif
}

typedef struct {
  global const uchar* keys;
  global const uchar* values;
  global const uchar* shared_keys;
  int begin;  // keys that are seen: [begin, end)
  int end;
} Operands;

INLINE float4 key_columns(const Operands* from, const AttentionArgs* a, int kv_head, int s, int col) {
  if (s < from->begin || s >= from->end || col >= a->key_dim + a->shared_dim) return (float4)(0.0f);
  const size_t row = (size_t)attention_cache_row(s, a);
  if (col < a->key_dim)
    return rows_load4(from->keys + row * (uint)a->key_bytes,
                      (uint)(a->key_offset + kv_head * a->key_stride + col), KEYS);
  return rows_load4(from->shared_keys + row * (uint)a->shared_bytes, (uint)(a->shared_offset + col - a->key_dim),
                    SHARED);
}

INLINE void pack_keys(global uchar* to, const Operands* from, int kv_head, int first, const AttentionArgs* a) {
#pragma unroll 2
  for (int pass = 0; pass < KEY_TILE * KEY_COLS / 8 / WG_SIZE; ++pass) {
    const int i = pass * WG_SIZE + (int)get_local_id(0);
    const int key = i / (KEY_COLS / 8);
    const int chunk = i % (KEY_COLS / 8);
    float v[8];
    *(float4*)v = key_columns(from, a, kv_head, first + key, chunk * 8);
    *(float4*)(v + 4) = key_columns(from, a, kv_head, first + key, chunk * 8 + 4);
    uint4 rest;
    const uint4 words = by_places(words_of(v, &rest));
#if PARTS == 2
    rest = by_places(rest);
#endif
    store_words(to + chunk / 4 * (KEY_TILE * 64) + swizzled(key, chunk % 4), KEY_BLOCKS * BLOCK_BYTES, words, rest);
  }
}

INLINE void pack_values(global uchar* to, const Operands* from, int kv_head, int first, const AttentionArgs* a) {
#pragma unroll 2
  for (int pass = 0; pass < KEY_TILE * VALUE_COLS / 8 / WG_SIZE; ++pass) {
    const int i = pass * WG_SIZE + (int)get_local_id(0);
    // A warp stores 32 bytes of each of 16 rows: whole sectors of memory.
    const int col = i % 16 + i / 32 % (VALUE_COLS / 16) * 16;
    const int eight = i / 16 % 2 + i / (VALUE_COLS * 2) * 2;
    float v[8];
#pragma unroll
    for (int n = 0; n < 8; ++n) {
      const int s = first + eight * 8 + n;
      v[n] = 0.0f;
      if (s >= from->begin && s < from->end && col < a->value_dim)
        v[n] = rows_load(from->values + (size_t)attention_cache_row(s, a) * (uint)a->value_bytes,
                         (uint)(a->value_offset + kv_head * a->value_stride + col), VALUES);
    }
    uint4 rest;
    const uint4 words = words_of(v, &rest);
    store_words(to + eight / 4 * BLOCK_BYTES + swizzled(place_of_column(col), eight % 4), VALUE_BLOCKS * BLOCK_BYTES,
                words, rest);
  }
}

// Keys that any token of the call sees.
INLINE void find_all_keys(Operands* from, global const int* positions, const AttentionArgs* a, local int* scratch) {
  const int thread = (int)get_local_id(0);
  int begin = a->context;
  int end = 0;
#pragma unroll 4
  for (int t = thread; t < a->tokens; t += WG_SIZE) {
    const AttentionRange seen = attention_range(positions[t], a);
    begin = min(begin, seen.begin);
    end = max(end, seen.end);
  }
  scratch[thread] = begin;
  scratch[WG_SIZE + thread] = end;
  for (int half_size = WG_SIZE / 2; half_size > 0; half_size /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (thread < half_size) {
      scratch[thread] = min(scratch[thread], scratch[thread + half_size]);
      scratch[WG_SIZE + thread] = max(scratch[WG_SIZE + thread], scratch[WG_SIZE + thread + half_size]);
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  from->begin = scratch[0];
  from->end = scratch[WG_SIZE];
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void attention_pack(
    global const uchar* restrict keys, global const uchar* restrict values, global const int* restrict positions,
    global const uchar* restrict shared_keys, global uchar* restrict packed, const AttentionArgs a) {
  local int scratch[2 * WG_SIZE];
  Operands from = {keys, values, shared_keys, 0, 0};
  find_all_keys(&from, positions, &a, scratch);
  for (int item = (int)get_group_id(0); item < a.kv_heads * a.tiles; item += (int)get_num_groups(0)) {
    const int kv_head = item % a.kv_heads;
    const int tile = item / a.kv_heads;
    const int first = tile * KEY_TILE;
    if (first >= from.end || first + KEY_TILE <= from.begin) continue;
    global uchar* to = packed + tile_at(kv_head, tile, a.tiles);
    pack_keys(to, &from, kv_head, first, &a);
    pack_values(to + PARTS * KEY_BLOCKS * BLOCK_BYTES, &from, kv_head, first, &a);
  }
}
