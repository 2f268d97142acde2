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

// Eight floats at `to`, and what is left of them a part further.
INLINE void store_eight(global uchar* to, size_t part_bytes, const float* v) {
  uint words[4], rest[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    words[i] = PACK(v[2 * i], v[2 * i + 1]);
    const float2 left = (float2)(v[2 * i], v[2 * i + 1]) - UNPACK(words[i]);
    rest[i] = PACK(left.x, left.y);
  }
  *(global uint4*)to = (uint4)(words[0], words[1], words[2], words[3]);
#if PARTS == 2
  *(global uint4*)(to + part_bytes) = (uint4)(rest[0], rest[1], rest[2], rest[3]);
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
  for (int i = (int)get_local_id(0); i < KEY_TILE * KEY_COLS / 8; i += WG_SIZE) {
    const int key = i / (KEY_COLS / 8);
    const int chunk = i % (KEY_COLS / 8);
    float v[8];
    *(float4*)v = key_columns(from, a, kv_head, first + key, chunk * 8);
    *(float4*)(v + 4) = key_columns(from, a, kv_head, first + key, chunk * 8 + 4);
    store_eight(to + chunk / 4 * (KEY_TILE * 64) + swizzled(key, chunk % 4), KEY_BLOCKS * BLOCK_BYTES, v);
  }
}

INLINE void pack_values(global uchar* to, const Operands* from, int kv_head, int first, const AttentionArgs* a) {
  for (int i = (int)get_local_id(0); i < KEY_TILE / 8 * VALUE_COLS; i += WG_SIZE) {
    const int col = i % VALUE_COLS;
    const int eight = i / VALUE_COLS;
    float v[8];
#pragma unroll
    for (int n = 0; n < 8; ++n) {
      const int s = first + eight * 8 + n;
      v[n] = 0.0f;
      if (s >= from->begin && s < from->end && col < a->value_dim)
        v[n] = rows_load(from->values + (size_t)attention_cache_row(s, a) * (uint)a->value_bytes,
                         (uint)(a->value_offset + kv_head * a->value_stride + col), VALUES);
    }
    store_eight(to + eight / 4 * BLOCK_BYTES + swizzled(col, eight % 4), VALUE_BLOCKS * BLOCK_BYTES, v);
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
