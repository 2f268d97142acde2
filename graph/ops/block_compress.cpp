#include "graph/ops/block_compress.h"

#include <algorithm>

namespace clinfer::graph {
namespace {

/// f32 of known size with `cols` columns.
bool is_matrix(const Value& value, int64_t cols) {
  return is_f32(value) && value.type.rows.symbol == Symbol::one && value.type.cols == cols;
}

}  // namespace

std::vector<Type> BlockCompress::infer(Operands in) const {
  require_count(in, 5, 5, kName);
  require(heads > 0 && dim > 0 && in[0]->type == Type{DType::f32, kContext, heads * dim}, "block_compress C1",
          "rows is a cache or f32[context, heads * dim]", in, attributes());
  require(stride > 0 && stride <= length, "block_compress C4", "0 < stride <= length", in, attributes());
  const int64_t hidden = in[2]->type.rows.factor;
  require(is_matrix(*in[1], dim) && in[1]->type.rows.factor == length && is_matrix(*in[2], length * dim) &&
              is_matrix(*in[3], hidden) && in[3]->type.rows.factor == dim,
          "block_compress C2",
          "embedding is f32[length, dim], w1 f32[hidden, length * dim], w2 f32[dim, hidden]", in,
          attributes());
  require(in[4]->type == Type{DType::i32, kTokens, 1}, "block_compress C3", "positions is i32[tokens, 1]",
          in);
  return {{DType::f32, kTokens, heads * dim}, {DType::i32, kTokens, 1}};
}

void BlockCompress::reference(Inputs in, Outputs out) const {
  std::vector<double> x(static_cast<size_t>(length * dim)), hidden(static_cast<size_t>(in[2]->rows));
  for (int64_t t = 0; t < out[0]->rows; ++t) {
    const int64_t last = checked_index(in[4]->at(t, 0), in[0]->rows, "block_compress: position");
    out[1]->at(t, 0) = static_cast<double>(completed(last));
    std::fill_n(out[0]->row(t), out[0]->cols, 0.0);
    for (int64_t h = 0; completed(last) >= 0 && h < heads; ++h) {
      for (int64_t j = 0; j < length; ++j) {
        for (int64_t c = 0; c < dim; ++c)
          x[static_cast<size_t>(j * dim + c)] =
              in[0]->at(last + 1 - length + j, h * dim + c) + in[1]->at(j, c);
      }
      for (int64_t u = 0; u < in[2]->rows; ++u)
        hidden[static_cast<size_t>(u)] = std::max(0.0, dot(in[2]->row(u), x.data(), length * dim));
      for (int64_t c = 0; c < dim; ++c)
        out[0]->at(t, h * dim + c) = dot(in[3]->row(c), hidden.data(), in[2]->rows);
    }
  }
}

// One token in `stride` completes a block.
Cost BlockCompress::cost(Operands in, const Sizes& sizes) const {
  const double blocks = static_cast<double>(sizes.tokens) / static_cast<double>(stride);
  const auto hidden = static_cast<double>(in[2]->type.rows.factor);
  const double products = hidden * static_cast<double>(length * dim + dim);
  return {blocks * static_cast<double>(heads) * 2 * products, traffic(in, infer(in), sizes)};
}

Attributes BlockCompress::attributes() const {
  return {{"heads", std::to_string(heads)},
          {"dim", std::to_string(dim)},
          {"stride", std::to_string(stride)},
          {"length", std::to_string(length)}};
}

}  // namespace clinfer::graph
