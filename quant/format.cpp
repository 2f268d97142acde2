#include "quant/format.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "quant/importance.h"
#include "quant/scale_layout.h"

namespace clinfer::quant {
namespace {

/// The product of non-negative sizes; throws std::invalid_argument when it does not fit.
int64_t checked_product(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    throw std::invalid_argument("size overflows: " + std::to_string(a) + " x " + std::to_string(b));
  }
  return product;
}

/// Whether a row may end inside a group of codes.
bool allows_partial_groups(const Format& format) {
  return format.scale_type != ScaleType::none;
}

void require_sizes(const Format& format, int64_t rows, int64_t cols) {
  const bool fits = allows_partial_groups(format) || cols % format.group_elems == 0;
  if (rows < 0 || cols < 0 || !fits) {
    throw std::invalid_argument(std::string(format.name) + ": columns must be a multiple of " +
                                std::to_string(format.group_elems) + " and sizes not negative, got " +
                                std::to_string(rows) + " x " + std::to_string(cols));
  }
}

}  // namespace

const Format* find_format(std::string_view name) {
  const auto list = formats();
  const auto found = std::find_if(list.begin(), list.end(), [&](const Format& f) { return f.name == name; });
  return found == list.end() ? nullptr : &*found;
}

void encode_with(const Format& format, const EncodeOptions& options, const float* values, int64_t rows,
                 int64_t cols, uint8_t* codes, uint8_t* scales) {
  if ((option_kinds(options) & ~format.options) != 0) {
    throw std::invalid_argument(std::string(format.name) + " cannot be encoded with \"" +
                                option_words(options) + "\"");
  }
  check_importance(options, cols);
  if (format.encode_chosen == nullptr) return format.encode(values, rows, cols, codes, scales);
  format.encode_chosen(options, values, rows, cols, codes, scales);
}

int64_t row_bytes(const Format& format, int64_t cols) {
  require_sizes(format, 1, cols);
  return checked_product(ceil_div(cols, format.group_elems), format.group_bytes);
}

int64_t code_bytes(const Format& format, int64_t rows, int64_t cols) {
  require_sizes(format, rows, cols);
  return checked_product(rows, row_bytes(format, cols));
}

int64_t scale_bytes(const Format& format, int64_t rows, int64_t cols) {
  require_sizes(format, rows, cols);
  if (format.scale_type == ScaleType::none) return 0;
  checked_product(ceil_div(cols, format.block_cols), 8);  // so that scale_row() cannot overflow
  return checked_product(ceil_div(rows, format.block_rows), scale_row(format, cols).bytes);
}

double bits_per_weight(const Format& format) {
  const auto codes = static_cast<double>(format.group_bytes) / static_cast<double>(format.group_elems);
  const auto block = static_cast<double>(format.block_rows) * static_cast<double>(format.block_cols);
  const int64_t of_block = scale_element_bytes(format.scale_type) + format.zeros;
  return 8.0 * (codes + static_cast<double>(of_block) / block);
}

}  // namespace clinfer::quant
