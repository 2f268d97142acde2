#include "graph/ops/lightning_indexer.h"

#include <algorithm>

#include "graph/ops/highest_rows.h"

namespace clinfer::graph {

std::vector<Type> LightningIndexer::infer(Operands in) const {
  require_count(in, 4, 4, kName);
  require(heads > 0 && dim > 0 && count > 0 && in[0]->type == Type{DType::f32, kTokens, heads * dim},
          "lightning_indexer C1", "q is f32[tokens, heads * dim], dims and count > 0", in, attributes());
  require(in[1]->type == Type{DType::f32, kContext, dim}, "lightning_indexer C2",
          "keys is a cache of width dim or f32[context, dim]", in, attributes());
  require(in[2]->type == Type{DType::f32, kTokens, heads}, "lightning_indexer C3",
          "weights is f32[tokens, heads]", in, attributes());
  require(in[3]->type == Type{DType::i32, kTokens, 1}, "lightning_indexer C4", "positions is i32[tokens, 1]",
          in);
  return {{DType::i32, kTokens, count}};
}

std::vector<double> LightningIndexer::scores(Inputs in, int64_t t) const {
  const int64_t last = checked_index(in[3]->at(t, 0), in[1]->rows, "lightning_indexer: position");
  std::vector<double> result(static_cast<size_t>(last + 1));
  for (int64_t s = 0; s <= last; ++s) {
    double& score = result[static_cast<size_t>(s)];
    for (int64_t h = 0; h < heads; ++h)
      score += in[2]->at(t, h) * std::max(0.0, dot(in[0]->row(t) + h * dim, in[1]->row(s), dim));
  }
  return result;
}

void LightningIndexer::reference(Inputs in, Outputs out) const {
  for (int64_t t = 0; t < out[0]->rows; ++t) choose_highest(scores(in, t), count, out[0]->row(t));
}

// Every row that a token sees is scored; relu, weight and sum are three more operations a head. Finding the
// threshold bit by bit takes 32 comparisons a row.
Cost LightningIndexer::cost(Operands in, const Sizes& sizes) const {
  const auto tokens = static_cast<double>(sizes.tokens);
  const double rows = tokens * (static_cast<double>(sizes.context) - (tokens - 1) / 2);
  return {rows * static_cast<double>(heads * (2 * dim + 3) + 32), traffic(in, infer(in), sizes)};
}

Attributes LightningIndexer::attributes() const {
  return {{"heads", std::to_string(heads)}, {"dim", std::to_string(dim)}, {"count", std::to_string(count)}};
}

}  // namespace clinfer::graph
