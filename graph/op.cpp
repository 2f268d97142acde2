#include "graph/op.h"

#include <algorithm>
#include <charconv>

#include "graph/cache_row.h"
#include "quant/error.h"
#include "quant/format.h"

namespace clinfer::graph {
namespace {

constexpr double kElementBytes = 4;  // f32 and i32 alike

std::string describe(Operands in, const Attributes& attributes) {
  std::string text;
  for (const Value* value : in) text += (text.empty() ? "" : ", ") + to_string(value->type);
  if (attributes.empty()) return text;
  text += " {";
  for (size_t i = 0; i < attributes.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::string(attributes[i].first) + "=" + attributes[i].second;
  }
  return text + "}";
}

/// Bytes of a value of this type that is neither weight nor cache.
double type_bytes(const Type& type, const Sizes& sizes) {
  const int64_t rows = sizes.of(type.rows);
  if (!type.format.empty()) return stored_bytes("a value", type.format, 1, rows, type.cols);
  return kElementBytes * static_cast<double>(rows) * static_cast<double>(type.cols);
}

template <typename Number>
std::string shortest(Number value) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

}  // namespace

void require(bool ok, std::string_view constraint, std::string_view message) {
  if (!ok) throw Error(Fault::model, std::string(constraint) + ": " + std::string(message));
}

void require(bool ok, std::string_view constraint, std::string_view expected, Operands in,
             const Attributes& attributes) {
  if (ok) return;
  require(false, constraint, std::string(expected) + "; found " + describe(in, attributes));
}

void require_count(Operands in, size_t low, size_t high, std::string_view op) {
  if (in.size() >= low && in.size() <= high) return;
  const std::string range =
      low == high ? std::to_string(low) : std::to_string(low) + " to " + std::to_string(high);
  require(false, std::string(op) + " C0", "takes " + range + " operands; found " + std::to_string(in.size()));
}

int64_t checked_index(double index, int64_t size, std::string_view what) {
  if (index >= 0 && index < static_cast<double>(size)) return static_cast<int64_t>(index);
  throw Error(Fault::run, std::string(what) + " " + format_number(index) + " is not in [0, " +
                              std::to_string(size) + ")");
}

double stored_bytes(const std::string& what, std::string_view name, int64_t count, int64_t rows,
                    int64_t cols) {
  const quant::Format* format = quant::find_format(name);
  if (format == nullptr) throw Error(Fault::model, what + ": unknown format '" + std::string(name) + "'");
  const int64_t bytes = quant::code_bytes(*format, rows, cols) + quant::scale_bytes(*format, rows, cols);
  return static_cast<double>(count) * static_cast<double>(bytes);
}

double bytes_of(const Value& value, const Sizes& sizes) {
  const Weight* weight = value.weight();
  if (weight != nullptr && !weight->vector && !weight->format.empty()) {
    return stored_bytes(value.name, weight->format, weight->experts, weight->rows, weight->cols);
  }
  if (const Cache* cache = value.cache()) {
    const int64_t rows = sizes.of(value.type.rows);
    return static_cast<double>(row_of(*cache).bytes) *
           static_cast<double>(cache->is_state() ? rows : rows_held(*cache, rows));
  }
  return type_bytes(value.type, sizes);
}

double traffic(Operands in, std::span<const Type> results, const Sizes& sizes) {
  double bytes = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    const bool seen = std::find(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(i), in[i]) !=
                      in.begin() + static_cast<std::ptrdiff_t>(i);
    if (!seen) bytes += bytes_of(*in[i], sizes);
  }
  for (const Type& type : results) bytes += type_bytes(type, sizes);
  return bytes;
}

double dot(const double* a, const double* b, int64_t size) {
  double sums[4] = {0, 0, 0, 0};
  int64_t i = 0;
  for (; i + 4 <= size; i += 4) {
    for (int64_t j = 0; j < 4; ++j) sums[j] += a[i + j] * b[i + j];
  }
  for (; i < size; ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

std::string format_number(double value) {
  const auto narrow = static_cast<float>(value);
  return static_cast<double>(narrow) == value ? shortest(narrow) : shortest(value);
}

}  // namespace clinfer::graph
