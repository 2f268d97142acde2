// Columns [offset, offset + cols) of cache row positions[t] = x[t], in the cache's format. An item is a
// token, or a group of a token's columns where the format gives each a scale.
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

#if APPEND_GROUPS
static void cache_append_body(uint worker, uint workers, global uchar* restrict cache,
                              global const float* restrict x, global const int* restrict positions,
                              const CacheAppendArgs* a, local GroupRange* scratch) {
  const uint groups = (uint)a->cols / CACHE_GROUP;
  for (uint item = worker; item < (uint)a->tokens * groups; item += workers) {
    const uint token = item / groups;
    const uint col = item % groups * CACHE_GROUP;
    append_group(cache + (size_t)positions[token] * (uint)a->row_bytes, (uint)a->offset + col,
                 x + (size_t)token * (uint)a->cols + col, scratch);
  }
}
#else
static void cache_append_body(uint worker, uint workers, global uchar* restrict cache,
                              global const float* restrict x, global const int* restrict positions,
                              const CacheAppendArgs* a) {
  for (uint token = worker; token < (uint)a->tokens; token += workers)
    append_columns(cache + (size_t)positions[token] * (uint)a->row_bytes + (uint)a->offset,
                   x + (size_t)token * (uint)a->cols, (uint)a->cols);
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
