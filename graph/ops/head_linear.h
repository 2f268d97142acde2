#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// A matrix per head, each a slice of the rows of one weight; what "absorbs" kv_b_proj into MLA's query and
/// output (DeepSeek-V2, section 2.1.2).
/// (x f32[r, heads * (in_dim + tail_dim)], weight [heads * row_stride, k]) -> f32[r, heads * (out_dim +
/// tail_dim)]
///   plain:      y[h, o] = sum_i x[h, i] W[h * row_stride + row_offset + o, i]      in_dim == k
///   transposed: y[h, o] = sum_i x[h, i] W[h * row_stride + row_offset + i, o]      out_dim == k
/// The last tail_dim columns of each head are copied behind the result.
/// C1 x is f32 with heads * (in_dim + tail_dim) columns; C2 the weight is one matrix of heads * row_stride
/// rows; C3 the slice lies inside row_stride; C4 in_dim (out_dim when transposed) == weight.cols.
struct HeadLinear {
  static constexpr std::string_view kName = "head_linear";
  int64_t heads = 1;
  int64_t in_dim = 1;
  int64_t out_dim = 1;
  int64_t tail_dim = 0;
  int64_t row_stride = 1;
  int64_t row_offset = 0;
  bool transposed = false;
  bool operator==(const HeadLinear&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph
