#include "graph/cache_row.h"

#include <algorithm>
#include <stdexcept>

#include "quant/error.h"

namespace clinfer::graph {

const quant::CacheFormat& format_of(const Cache& cache) {
  const quant::CacheFormat* format = quant::find_cache_format(cache.format);
  if (format == nullptr) {
    throw Error(Fault::usage,
                "kv_cache.format \"" + cache.format + "\" must be one of " + quant::cache_format_names());
  }
  return *format;
}

quant::CacheRow row_of(const Cache& cache) {
  const int64_t head = cache.head > 0 ? cache.head : cache.width - cache.tail;
  try {
    return quant::cache_row(format_of(cache), {cache.width, head, cache.tail});
  } catch (const std::invalid_argument& refused) {
    throw Error(Fault::usage, "kv_cache.format " + cache.format + ": the model has " + refused.what() +
                                  "; choose f32, f16 or bf16");
  }
}

int64_t rows_held(const Cache& cache, int64_t context) {
  return cache.ring == 0 ? context : std::min(context, cache.ring_first + cache.ring);
}

int64_t row_at(const Cache& cache, int64_t position) {
  if (cache.ring == 0 || position < cache.ring_first) return position;
  return cache.ring_first + (position - cache.ring_first) % cache.ring;
}

bool holds_position(const Cache& cache, int64_t position, int64_t context) {
  return cache.ring == 0 || position < cache.ring_first || position >= context - cache.ring;
}

}  // namespace clinfer::graph
