// Columns [offset, offset + cols) of the cache row of positions[t] = x[t], in the cache's format. An item is a
// token, or a group of a token's columns where the format gives each a scale. Tokens at positions below 0 are
// skipped.
#include "args/cache_append_args.h"
#include "lanes.clh"

#include "cache_row.clh"

#ifndef APPENDED
#error "APPENDED: how the columns are stored, STORAGE_CODES or STORAGE_TAIL"
#endif
#if defined(CACHE_GROUP) && APPENDED == STORAGE_CODES
#define APPEND_GROUPS 1
#include "cache_groups.clh"
#else
#define APPEND_GROUPS 0
#include "cache_plain.clh"
#endif

// The byte at which the row of a position starts.
static size_t cache_append_row(int position, const CacheAppendArgs* a) {
#ifdef RING
  const int past = max(position - a->ring_first, 0);
  return (size_t)(min(position, a->ring_first) + past % a->ring) * (uint)a->row_bytes;
#else
  return (size_t)position * (uint)a->row_bytes;
#endif
}

#if APPEND_GROUPS
static void cache_append_body(uint worker, uint workers, global uchar* restrict cache,
                              global const float* restrict x, global const int* restrict positions,
                              const CacheAppendArgs* a, local GroupRange* scratch) {
  const uint groups = (uint)a->cols / CACHE_GROUP;
  for (uint item = worker; item < (uint)a->tokens * groups; item += workers) {
    const uint token = item / groups;
    const uint col = item % groups * CACHE_GROUP;
    const int position = positions[token];
    append_group(cache + cache_append_row(max(position, 0), a), (uint)a->offset + col,
                 x + (size_t)token * (uint)a->cols + col, position >= 0 ? CACHE_GROUP : 0u, scratch);
  }
}
#else
static void cache_append_body(uint worker, uint workers, global uchar* restrict cache,
                              global const float* restrict x, global const int* restrict positions,
                              const CacheAppendArgs* a) {
  for (uint token = worker; token < (uint)a->tokens; token += workers) {
    if (positions[token] < 0) continue;
    append_columns(cache + cache_append_row(positions[token], a) + (uint)a->offset,
                   x + (size_t)token * (uint)a->cols, (uint)a->cols);
  }
}
#endif

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void cache_append(
    global uchar* restrict cache, global const float* restrict x, global const int* restrict positions,
    const CacheAppendArgs a) {
#if APPEND_GROUPS
  local GroupRange scratch[WG_SIZE];
  cache_append_body((uint)get_group_id(0), (uint)get_num_groups(0), cache, x, positions, &a, scratch);
#else
  cache_append_body((uint)get_group_id(0), (uint)get_num_groups(0), cache, x, positions, &a);
#endif
}
