#pragma once

#include "graph/value.h"
#include "quant/cache_format.h"

namespace clinfer::graph {

/// The cache's format. Throws Error(Fault::usage) when there is none of that name.
const quant::CacheFormat& format_of(const Cache& cache);

/// How a row of the cache lies in memory. Throws Error(Fault::usage) when the format cannot hold it.
quant::CacheRow row_of(const Cache& cache);

/// Rows that the cache has for a context of so many tokens (one that is no state).
int64_t rows_held(const Cache& cache, int64_t context);

/// The row of a position, and whether it still holds that one when `context` tokens have been run.
int64_t row_at(const Cache& cache, int64_t position);
bool holds_position(const Cache& cache, int64_t position, int64_t context);

}  // namespace clinfer::graph
