#include "tests/model/reference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace clinfer::tests {
namespace {

template <typename T>
std::vector<T> elements(const io::Tensor& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace

const io::Tensor& Reference::tensor(std::string_view name) const {
  if (const io::Tensor* found = file_.find(name)) return *found;
  throw std::runtime_error("the reference has no tensor " + std::string(name));
}

std::vector<int32_t> Reference::integers(std::string_view name) const {
  const io::Tensor& from = tensor(name);
  if (from.format == "i32") return elements<int32_t>(from);
  if (from.format == "u8") {
    const std::vector<uint8_t> narrow = elements<uint8_t>(from);
    return {narrow.begin(), narrow.end()};
  }
  if (from.format != "i64") throw std::runtime_error(from.name + " is not of integers but " + from.format);
  const std::vector<int64_t> wide = elements<int64_t>(from);
  return {wide.begin(), wide.end()};
}

graph::Array Reference::matrix(std::string_view name) const {
  const io::Tensor& from = tensor(name);
  if (from.format != "f32") throw std::runtime_error(from.name + " is not f32 but " + from.format);
  const std::vector<float> values = elements<float>(from);
  const int64_t cols = from.shape.back();
  graph::Array array(static_cast<int64_t>(values.size()) / cols, cols);
  std::copy(values.begin(), values.end(), array.data.begin());
  return array;
}

double max_difference(const graph::Array& a, const graph::Array& b, int64_t first_row) {
  if (a.cols != b.cols) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (int64_t r = 0; r < std::min(a.rows - first_row, b.rows); ++r) {
    for (int64_t c = 0; c < a.cols; ++c) {
      const double difference = std::abs(a.at(first_row + r, c) - b.at(r, c));
      if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
      worst = std::max(worst, difference);
    }
  }
  return worst;
}

int32_t likeliest(const graph::Array& logits, int64_t row) {
  const double* begin = logits.row(row);
  return static_cast<int32_t>(std::max_element(begin, begin + logits.cols) - begin);
}

graph::Array rows_of(const graph::Array& array, int64_t first, int64_t count) {
  graph::Array piece(count, array.cols);
  std::copy_n(array.row(first), count * array.cols, piece.data.begin());
  return piece;
}

}  // namespace clinfer::tests
