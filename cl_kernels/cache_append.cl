// cache[positions[t], offset .. offset + cols) = x[t], rounded to nearest even in an f16 cache; a token an
// item.
#include "args/cache_append_args.h"
#include "lanes.clh"

#ifndef APPEND_F16
#error "APPEND_F16: 1 when the cache holds f16"
#endif

static void cache_append_body(uint worker, uint workers, global void* restrict cache,
                              global const float* restrict x, global const int* restrict positions,
                              const CacheAppendArgs* a) {
  const uint cols = (uint)a->cols;
  for (uint token = worker; token < (uint)a->tokens; token += workers) {
    const size_t to = (size_t)positions[token] * (uint)a->cache_width + (uint)a->offset;
    global const float* from = x + (size_t)token * cols;
#if APPEND_F16
    for (uint i = LANE; i < cols; i += WG_SIZE) vstore_half_rte(from[i], to + i, (global half*)cache);
#else
    global float* row = (global float*)cache + to;
    for (uint i = LANE * VEC; i + VEC <= cols; i += WG_SIZE * VEC) vec_store(vec_load(from + i), row + i);
    for (uint i = cols / VEC * VEC + LANE; i < cols; i += WG_SIZE) row[i] = from[i];
#endif
  }
}

kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void cache_append(
    global void* restrict cache, global const float* restrict x, global const int* restrict positions,
    const CacheAppendArgs a) {
  cache_append_body((uint)get_group_id(0), (uint)get_num_groups(0), cache, x, positions, &a);
}
