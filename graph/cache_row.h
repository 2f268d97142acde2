#pragma once

#include "graph/value.h"
#include "quant/cache_format.h"

namespace clinfer::graph {

/// The cache's format. Throws Error(Fault::usage) when there is none of that name.
const quant::CacheFormat& format_of(const Cache& cache);

/// How a row of the cache lies in memory. Throws Error(Fault::usage) when the format cannot hold it.
quant::CacheRow row_of(const Cache& cache);

}  // namespace clinfer::graph
