#include "quant/format.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace clinfer::quant {
namespace {

int64_t ceil_div(int64_t value, int64_t by) {
  return value / by + (value % by != 0);
}

/// The product of non-negative sizes; throws std::invalid_argument when it does not fit.
int64_t checked_product(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    throw std::invalid_argument("size overflows: " + std::to_string(a) + " x " + std::to_string(b));
  }
  return product;
}

void require_sizes(const Format& format, int64_t rows, int64_t cols) {
  if (rows < 0 || cols < 0 || cols % format.group_elems != 0) {
    throw std::invalid_argument(std::string(format.name) + ": columns must be a multiple of " +
                                std::to_string(format.group_elems) + " and sizes not negative, got " +
                                std::to_string(rows) + " x " + std::to_string(cols));
  }
}

int64_t scale_element_bytes(ScaleType type) {
  switch (type) {
    case ScaleType::none:
      return 0;
    case ScaleType::f32:
      return 4;
    case ScaleType::e8m0:
      return 1;
  }
  throw std::invalid_argument("unknown scale type " + std::to_string(static_cast<int>(type)));
}

}  // namespace

const Format* find_format(std::string_view name) {
  const auto list = formats();
  const auto found = std::find_if(list.begin(), list.end(), [&](const Format& f) { return f.name == name; });
  return found == list.end() ? nullptr : &*found;
}

int64_t row_bytes(const Format& format, int64_t cols) {
  require_sizes(format, 1, cols);
  return checked_product(cols / format.group_elems, format.group_bytes);
}

int64_t code_bytes(const Format& format, int64_t rows, int64_t cols) {
  require_sizes(format, rows, cols);
  return checked_product(rows, row_bytes(format, cols));
}

int64_t scale_bytes(const Format& format, int64_t rows, int64_t cols) {
  require_sizes(format, rows, cols);
  const int64_t element = scale_element_bytes(format.scale_type);
  if (element == 0) return 0;
  const int64_t count = checked_product(ceil_div(rows, format.block_rows), ceil_div(cols, format.block_cols));
  return checked_product(count, element);
}

double bits_per_weight(const Format& format) {
  const auto codes = static_cast<double>(format.group_bytes) / static_cast<double>(format.group_elems);
  const auto block = static_cast<double>(format.block_rows) * static_cast<double>(format.block_cols);
  return 8.0 * (codes + static_cast<double>(scale_element_bytes(format.scale_type)) / block);
}

}  // namespace clinfer::quant
