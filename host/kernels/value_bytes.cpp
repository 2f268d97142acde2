#include "host/kernels/value_bytes.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "graph/cache_row.h"
#include "host/kernels/activation_layout.h"
#include "host/kernels/row_groups.h"
#include "host/kernels/weight_layout.h"
#include "quant/error.h"
#include "quant/format.h"

namespace clinfer::kernels {

namespace {

const quant::Format& storage_of(const graph::Value& value) {
  std::string name = "f32";
  if (const graph::Weight* weight = value.weight(); weight != nullptr && !weight->vector)
    name = weight->format;
  const quant::Format* format = quant::find_format(name);
  if (format == nullptr) throw Error(Fault::model, value.name + ": format '" + name + "' is not known");
  return *format;
}

Bytes encode_integers(const graph::Array& array) {
  Bytes bytes(array.data.size() * 4);
  for (size_t i = 0; i < array.data.size(); ++i) {
    const auto integer = static_cast<int32_t>(array.data[i]);
    std::memcpy(bytes.data() + 4 * i, &integer, 4);
  }
  return bytes;
}

/// The stack of matrices that a value is: one, except for expert weights.
struct Stack {
  int64_t matrices = 1;
  int64_t rows = 0;
  WeightLayout layout;
};

Stack stack_of(const graph::Value& value, const quant::Format& format, int64_t rows) {
  if (const graph::Weight* weight = value.weight())
    return {weight->experts, weight->rows, layout_of(*weight)};
  WeightLayout layout;
  layout.bytes = layout.expert_code_bytes = quant::code_bytes(format, rows, value.type.cols);
  return {1, rows, layout};
}

Bytes encode_cache(const graph::Cache& cache, const graph::Array& array) {
  const quant::CacheFormat& format = graph::format_of(cache);
  const quant::CacheRow layout = graph::row_of(cache);
  Bytes bytes(static_cast<size_t>(graph::rows_held(cache, array.rows) * layout.bytes));
  for (int64_t r = 0; r < array.rows; ++r) {
    if (!graph::holds_position(cache, r, array.rows)) continue;
    const std::vector<float> values(array.row(r), array.row(r) + array.cols);
    auto* row = reinterpret_cast<uint8_t*>(bytes.data()) + graph::row_at(cache, r) * layout.bytes;
    quant::encode_cache_columns(format, layout, values.data(), 0, layout.cols, row);
    quant::encode_cache_columns(format, layout, values.data() + layout.cols, layout.cols, layout.tail_cols,
                                row);
  }
  return bytes;
}

graph::Array decode_cache(const graph::Cache& cache, const Bytes& bytes, int64_t rows) {
  const quant::CacheFormat& format = graph::format_of(cache);
  const quant::CacheRow layout = graph::row_of(cache);
  graph::Array array(rows, cache.width);
  std::fill(array.data.begin(), array.data.end(), std::numeric_limits<double>::quiet_NaN());
  std::vector<float> line(static_cast<size_t>(cache.width));
  for (int64_t r = 0; r < rows; ++r) {
    if (!graph::holds_position(cache, r, rows)) continue;
    const auto* row = reinterpret_cast<const uint8_t*>(bytes.data()) + graph::row_at(cache, r) * layout.bytes;
    quant::decode_cache_row(format, layout, row, line.data());
    std::copy(line.begin(), line.end(), array.row(r));
  }
  return array;
}

Bytes encode_rows(const graph::Type& type, const graph::Array& array) {
  const int64_t row_bytes = activation_layout(type.format, type.cols).row_bytes;
  Bytes bytes(static_cast<size_t>(array.rows * row_bytes));
  auto* base = reinterpret_cast<uint8_t*>(bytes.data());
  for (int64_t row = 0; row < array.rows; ++row) {
    const std::vector<float> values(array.row(row), array.row(row) + array.cols);
    encode_activations(type.format, type.cols, values.data(), base + row * row_bytes);
  }
  return bytes;
}

graph::Array decode_rows(const graph::Type& type, const Bytes& bytes, int64_t rows) {
  const int64_t row_bytes = activation_layout(type.format, type.cols).row_bytes;
  const auto* base = reinterpret_cast<const uint8_t*>(bytes.data());
  graph::Array array(rows, type.cols);
  std::vector<float> line(static_cast<size_t>(type.cols));
  for (int64_t row = 0; row < rows; ++row) {
    decode_activations(type.format, type.cols, base + row * row_bytes, line.data());
    std::copy(line.begin(), line.end(), array.row(row));
  }
  return array;
}

}  // namespace

Bytes encode(const graph::Value& value, const graph::Array& array) {
  if (value.type.dtype == graph::DType::i32) return encode_integers(array);
  if (!value.type.format.empty()) return encode_rows(value.type, array);
  if (const graph::Cache* cache = value.cache()) return encode_cache(*cache, array);
  const quant::Format& format = storage_of(value);
  const Stack stack = stack_of(value, format, array.rows);
  Bytes bytes(static_cast<size_t>(stack.layout.bytes));
  auto* base = reinterpret_cast<uint8_t*>(bytes.data());
  for (int64_t i = 0; i < stack.matrices; ++i) {
    const double* from = array.row(i * stack.rows);
    const std::vector<float> values(from, from + stack.rows * array.cols);
    format.encode(values.data(), stack.rows, array.cols, base + i * stack.layout.expert_code_bytes,
                  base + stack.layout.scales_offset + i * stack.layout.expert_scale_bytes);
  }
  if (const graph::Weight* weight = value.weight()) group(*weight, bytes);
  return bytes;
}

graph::Array decode(const graph::Value& value, const Bytes& bytes, const graph::Sizes& sizes) {
  const int64_t cols = value.type.cols;
  if (value.type.dtype == graph::DType::i32) {
    graph::Array array(sizes.of(value.type.rows), cols);
    for (size_t i = 0; i < array.data.size(); ++i) {
      int32_t integer = 0;
      std::memcpy(&integer, bytes.data() + 4 * i, 4);
      array.data[i] = integer;
    }
    return array;
  }
  if (!value.type.format.empty()) return decode_rows(value.type, bytes, sizes.of(value.type.rows));
  if (const graph::Cache* cache = value.cache())
    return decode_cache(*cache, bytes, sizes.of(value.type.rows));
  const quant::Format& format = storage_of(value);
  const Stack stack = stack_of(value, format, value.weight() ? 0 : sizes.of(value.type.rows));
  graph::Array array(stack.matrices * stack.rows, cols);
  Bytes apart = bytes;
  if (const graph::Weight* weight = value.weight()) ungroup(*weight, apart);
  const auto* base = reinterpret_cast<const uint8_t*>(apart.data());
  std::vector<float> line(static_cast<size_t>(cols));
  for (int64_t row = 0; row < array.rows; ++row) {
    const int64_t matrix = row / stack.rows;
    format.decode_row(base + matrix * stack.layout.expert_code_bytes,
                      base + stack.layout.scales_offset + matrix * stack.layout.expert_scale_bytes,
                      row % stack.rows, cols, line.data());
    std::copy(line.begin(), line.end(), array.row(row));
  }
  return array;
}

}  // namespace clinfer::kernels
