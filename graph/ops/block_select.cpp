#include "graph/ops/block_select.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/ops/attention_mask.h"
#include "graph/ops/highest_rows.h"

namespace clinfer::graph {
namespace {

/// Adds softmax(scale * (q . key)) over the first total.size() rows.
void add_weights(const BlockSelect& op, const double* q, const Array& keys, int64_t at,
                 std::vector<double>& total) {
  std::vector<double> scores(total.size());
  double highest = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < scores.size(); ++i) {
    scores[i] = static_cast<double>(op.scale) * dot(q, keys.row(static_cast<int64_t>(i)) + at, op.dim);
    highest = std::max(highest, scores[i]);
  }
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - highest);
  for (size_t i = 0; i < scores.size(); ++i) total[i] += scores[i] / sum;
}

}  // namespace

std::vector<Type> BlockSelect::infer(Operands in) const {
  require_count(in, 3, 3, kName);
  require(heads > 0 && kv_heads > 0 && dim > 0 && heads % kv_heads == 0 &&
              in[0]->type == Type{DType::f32, kTokens, heads * dim},
          "block_select C1", "q is f32[tokens, heads * dim], heads a multiple of kv_heads", in, attributes());
  require(in[1]->type == Type{DType::f32, kContext, kv_heads * dim}, "block_select C2",
          "keys is a cache of width kv_heads * dim or f32[context, kv_heads * dim]", in, attributes());
  require(in[2]->type == Type{DType::i32, kTokens, 1}, "block_select C3", "positions is i32[tokens, 1]", in);
  require(stride > 0 && length > 0 && length % stride == 0 && block % stride == 0 && length <= block &&
              initial >= 0 && local >= 0 && count > 0 && initial + local <= count,
          "block_select C4", "stride divides length and block, length <= block, initial + local <= count", in,
          attributes());
  return {{DType::i32, kTokens, kv_heads * count}};
}

std::vector<double> BlockSelect::importance(Inputs in, int64_t t, int64_t kv_head) const {
  const int64_t position = checked_index(in[2]->at(t, 0), in[1]->rows, "block_select: position");
  const int64_t seen = AttentionMask{.stride = stride, .length = length}.range(position).end;
  std::vector<double> total(static_cast<size_t>(seen));
  const int64_t group = heads / kv_heads;
  for (int64_t h = kv_head * group; seen > 0 && h < (kv_head + 1) * group; ++h)
    add_weights(*this, in[0]->row(t) + h * dim, *in[1], kv_head * dim, total);
  const int64_t last = position / block;
  std::vector<double> result(static_cast<size_t>(last + 1));
  for (int64_t j = 0; j <= last; ++j) {
    double& score = result[static_cast<size_t>(j)];
    if (j < initial || j > last - local) score = std::numeric_limits<double>::infinity();
    for (int64_t i = std::max<int64_t>(0, (j * block - length) / stride); i < seen; ++i) {
      const int64_t shared = std::min(i * stride + length, (j + 1) * block) - std::max(i * stride, j * block);
      if (shared > 0) score += total[static_cast<size_t>(i)] * static_cast<double>(shared / stride);
    }
  }
  return result;
}

void BlockSelect::reference(Inputs in, Outputs out) const {
  for (int64_t t = 0; t < out[0]->rows; ++t) {
    for (int64_t g = 0; g < kv_heads; ++g)
      choose_highest(importance(in, t, g), count, out[0]->row(t) + g * count);
  }
}

// Scores and softmax over the compressed rows; each of them counts in length / stride + 1 blocks at most.
Cost BlockSelect::cost(Operands in, const Sizes& sizes) const {
  const auto tokens = static_cast<double>(sizes.tokens);
  const double rows =
      tokens * (static_cast<double>(sizes.context) - (tokens - 1) / 2) / static_cast<double>(stride);
  return {rows * static_cast<double>(heads * (2 * dim + 5 + length / stride)), traffic(in, infer(in), sizes)};
}

Attributes BlockSelect::attributes() const {
  return {{"heads", std::to_string(heads)},     {"kv_heads", std::to_string(kv_heads)},
          {"dim", std::to_string(dim)},         {"scale", format_number(scale)},
          {"stride", std::to_string(stride)},   {"length", std::to_string(length)},
          {"block", std::to_string(block)},     {"count", std::to_string(count)},
          {"initial", std::to_string(initial)}, {"local", std::to_string(local)}};
}

}  // namespace clinfer::graph
