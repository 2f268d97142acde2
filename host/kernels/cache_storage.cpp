#include "host/kernels/cache_storage.h"

#include <algorithm>
#include <cctype>

#include "graph/cache_row.h"
#include "host/kernels/program.h"

namespace clinfer::kernels {

namespace {

const graph::Cache* first_cache(const std::vector<const graph::Value*>& values) {
  for (const graph::Value* value : values) {
    if (value != nullptr && value->cache() != nullptr) return value->cache();
  }
  return nullptr;
}

}  // namespace

Storage storage_of(const graph::Value& value, int64_t first) {
  if (value.cache() == nullptr) return Storage::matrix;
  return first < graph::row_of(*value.cache()).cols ? Storage::codes : Storage::tail;
}

int64_t storage_column(const graph::Value& value, int64_t col) {
  return storage_of(value, col) == Storage::tail ? col - graph::row_of(*value.cache()).cols : col;
}

int64_t column_byte(const graph::Value& value, int64_t col) {
  const quant::CacheRow row = graph::row_of(*value.cache());
  return row.group > 0 ? row.tail + 2 * (col - row.cols) : row.bytes / row.cols * col;
}

int64_t row_bytes(const graph::Value& value) {
  return value.cache() != nullptr ? graph::row_of(*value.cache()).bytes : value.type.cols * 4;
}

int64_t scale_group(const graph::Value& value) {
  return value.cache() != nullptr ? graph::row_of(*value.cache()).group : 0;
}

Support cache_support(const std::vector<const graph::Value*>& values) {
  const graph::Cache* first = first_cache(values);
  if (first == nullptr) return Support::yes();
  for (const graph::Value* value : values) {
    const graph::Cache* cache = value == nullptr ? nullptr : value->cache();
    if (cache == nullptr || *cache == *first) continue;
    // Rows of plain types need no more than their size.
    const bool same_rows = cache->ring == first->ring && cache->ring_first == first->ring_first;
    const bool plain = graph::row_of(*first).group == 0 && cache->format == first->format && same_rows;
    if (!plain) return Support::no("cache " + value->name + " has another layout than the cache beside it");
  }
  return Support::yes();
}

std::vector<std::string> cache_constants(const OpContext& context,
                                         const std::vector<const graph::Value*>& values) {
  const graph::Cache* cache = first_cache(values);
  const graph::Cache none{};
  const graph::Cache& shape = cache != nullptr ? *cache : none;
  const quant::CacheRow row = graph::row_of(shape);
  std::string name = "CACHE_" + shape.format;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::vector<std::string> defines = {
      constant(name, 1), constant("FP32_DENORMALS", context.device.probes.fp32_denormals ? 1 : 0),
      constant("X86_AVX512", context.device.probes.x86_avx512_asm ? 1 : 0)};
  if (row.group == 0) return defines;
  const std::pair<const char*, int64_t> layout[] = {
      {"CACHE_COLS", row.cols},   {"CACHE_GROUP", row.group}, {"CACHE_SCALES", row.scales},
      {"CACHE_ZEROS", row.zeros}, {"CACHE_TAIL", row.tail},   {"CACHE_TAIL_COLS", row.tail_cols}};
  for (const auto& [macro, number] : layout) defines.push_back(constant(macro, number));
  return defines;
}

}  // namespace clinfer::kernels
