#include "graph/ops/attention.h"

#include <algorithm>
#include <cmath>

namespace clinfer::graph {
namespace {

/// A cache or f32[context, n] with `heads` parts of `dim` columns inside.
bool holds(const Value& value, const HeadLayout& layout, int64_t heads, int64_t dim) {
  return is_f32(value) && value.type.rows == kContext && layout.offset >= 0 && layout.head_stride >= 0 &&
         layout.offset + (heads - 1) * layout.head_stride + dim <= value.type.cols;
}

/// Replaces scores by softmax(scores): subtract the highest, then exponentials over their sum.
void softmax(std::vector<double>& scores) {
  const double highest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& score : scores) {
    score = std::exp(score - highest);
    sum += score;
  }
  for (double& score : scores) score /= sum;
}

}  // namespace

std::vector<Type> Attention::infer(Operands in) const {
  require_count(in, 4, 5, kName);
  const bool dims = heads > 0 && kv_heads > 0 && key_dim > 0 && value_dim > 0 && shared_dim >= 0;
  require(dims && window >= 0, "attention C6", "window >= 0 and dims > 0", in, attributes());
  require(in[0]->type == Type{DType::f32, kTokens, heads * (key_dim + shared_dim)}, "attention C1",
          "q is f32[tokens, heads * (key_dim + shared_dim)]", in, attributes());
  require(heads % kv_heads == 0, "attention C2", "heads is a multiple of kv_heads", in, attributes());
  require((shared_dim > 0) == (in.size() == 5), "attention C4", "shared_dim > 0 exactly when shared is given",
          in, attributes());
  const bool shared_fits = in.size() == 4 || holds(*in[4], {shared_offset, 0}, 1, shared_dim);
  require(holds(*in[1], keys, kv_heads, key_dim) && holds(*in[2], values, kv_heads, value_dim) && shared_fits,
          "attention C3", "keys, values and shared are caches or f32[context, n] wide enough for the layouts",
          in, attributes());
  require(in[3]->type == Type{DType::i32, kTokens, 1}, "attention C5", "positions is i32[tokens, 1]", in);
  return {{DType::f32, kTokens, heads * value_dim}};
}

void Attention::reference(Inputs in, Outputs out) const {
  std::vector<double> scores;
  for (int64_t t = 0; t < out[0]->rows; ++t) {
    const int64_t last =
        checked_index(in[3]->at(t, 0), std::min(in[1]->rows, in[2]->rows), "attention: position");
    const int64_t first = window > 0 ? std::max<int64_t>(0, last - window + 1) : 0;
    for (int64_t h = 0; h < heads; ++h) {
      const int64_t kv_head = h / (heads / kv_heads);
      const double* q = in[0]->row(t) + h * (key_dim + shared_dim);
      scores.clear();
      for (int64_t s = first; s <= last; ++s) {
        double score = dot(q, in[1]->row(s) + keys.offset + kv_head * keys.head_stride, key_dim);
        if (shared_dim > 0) score += dot(q + key_dim, in[4]->row(s) + shared_offset, shared_dim);
        scores.push_back(static_cast<double>(scale) * score);
      }
      softmax(scores);
      double* y = out[0]->row(t) + h * value_dim;
      std::fill(y, y + value_dim, 0.0);
      for (int64_t s = first; s <= last; ++s) {
        const double* value = in[2]->row(s) + values.offset + kv_head * values.head_stride;
        for (int64_t c = 0; c < value_dim; ++c) y[c] += scores[static_cast<size_t>(s - first)] * value[c];
      }
    }
  }
}

// Tokens are the last of the context, so token t attends to context - tokens + t + 1 rows, and to `window` at
// most; the window's bound is taken on the mean. Five operations a score for scale and softmax.
Cost Attention::cost(Operands in, const Sizes& sizes) const {
  const auto tokens = static_cast<double>(sizes.tokens);
  double attended = static_cast<double>(sizes.context) - (tokens - 1) / 2;
  if (window > 0) attended = std::min(attended, static_cast<double>(window));
  const double pairs = tokens * attended * static_cast<double>(heads);
  const auto products = static_cast<double>(key_dim + shared_dim + value_dim);
  return {pairs * (2 * products + 5), traffic(in, infer(in), sizes)};
}

Attributes Attention::attributes() const {
  return {{"heads", std::to_string(heads)},
          {"kv_heads", std::to_string(kv_heads)},
          {"key_dim", std::to_string(key_dim)},
          {"value_dim", std::to_string(value_dim)},
          {"shared_dim", std::to_string(shared_dim)},
          {"keys", std::to_string(keys.offset) + "+" + std::to_string(keys.head_stride)},
          {"values", std::to_string(values.offset) + "+" + std::to_string(values.head_stride)},
          {"shared_offset", std::to_string(shared_offset)},
          {"scale", format_number(scale)},
          {"window", std::to_string(window)}};
}

}  // namespace clinfer::graph
