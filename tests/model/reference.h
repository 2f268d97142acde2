#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/op.h"
#include "host/io/safetensors.h"

namespace clinfer::tests {

/// A safetensors file of what another implementation computed.
class Reference {
 public:
  explicit Reference(const std::string& path) : file_(path) {}

  bool has(std::string_view name) const { return file_.find(name) != nullptr; }
  /// A tensor of integers, flat.
  std::vector<int32_t> integers(std::string_view name) const;
  /// A tensor of floats as a matrix; leading dimensions count as rows.
  graph::Array matrix(std::string_view name) const;

 private:
  const io::Tensor& tensor(std::string_view name) const;

  io::SafetensorsFile file_;
};

/// The largest |a - b| over the rows that both have, from `first_row` of a on; infinity when one is NaN or
/// the columns differ.
double max_difference(const graph::Array& a, const graph::Array& b, int64_t first_row = 0);

/// The index of the largest element of a row, the first of equal ones.
int32_t likeliest(const graph::Array& logits, int64_t row);

/// Rows [first, first + count).
graph::Array rows_of(const graph::Array& array, int64_t first, int64_t count);

}  // namespace clinfer::tests
