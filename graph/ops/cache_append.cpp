#include "graph/ops/cache_append.h"

namespace clinfer::graph {

std::vector<Type> CacheAppend::infer(Operands in) const {
  require_count(in, 3, 3, kName);
  require(in[0]->cache() != nullptr, "cache_append C1", "the first operand is a cache", in);
  require(offset >= 0 && offset + in[1]->type.cols <= in[0]->type.cols, "cache_append C2",
          "0 <= offset and offset + x's columns <= the cache's width", in, attributes());
  require(in[2]->type == Type{DType::i32, kTokens, 1}, "cache_append C3", "positions is i32[tokens, 1]", in);
  require(is_f32(*in[1]) && in[1]->type.rows == kTokens, "cache_append C4", "x is f32[tokens, n]", in);
  return {in[0]->type};
}

/// The reference keeps double precision: it does not round to the cache's format.
void CacheAppend::reference(Inputs in, Outputs out) const {
  if (out[0] != in[0]) out[0]->data = in[0]->data;
  for (int64_t t = 0; t < in[1]->rows; ++t) {
    const int64_t row = checked_index(in[2]->at(t, 0), out[0]->rows, "cache_append: position");
    for (int64_t c = 0; c < in[1]->cols; ++c) out[0]->at(row, offset + c) = in[1]->at(t, c);
  }
}

// Only the rows of these tokens are written, in the cache's format.
Cost CacheAppend::cost(Operands in, const Sizes& sizes) const {
  const Sizes written{.tokens = sizes.tokens, .outputs = sizes.outputs, .context = sizes.tokens};
  const double share = static_cast<double>(in[1]->type.cols) / static_cast<double>(in[0]->type.cols);
  return {0, bytes_of(*in[1], sizes) + bytes_of(*in[2], sizes) + share * bytes_of(*in[0], written)};
}

Attributes CacheAppend::attributes() const {
  return {{"offset", std::to_string(offset)}};
}

}  // namespace clinfer::graph
