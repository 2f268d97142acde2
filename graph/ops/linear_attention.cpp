#include "graph/ops/linear_attention.h"

#include <algorithm>
#include <cmath>

namespace clinfer::graph {
namespace {

bool holds(const Value& value, const HeadLayout& layout, int64_t heads, int64_t dim) {
  return is_f32(value) && value.type.rows == kTokens && layout.offset >= 0 && layout.head_stride >= 0 &&
         layout.offset + (heads - 1) * layout.head_stride + dim <= value.type.cols;
}

/// A head's columns of a row, divided by their norm when `normalise`.
std::vector<double> columns(const double* from, int64_t dim, bool normalise, double eps) {
  std::vector<double> x(from, from + dim);
  if (!normalise) return x;
  const double root = std::sqrt(dot(x.data(), x.data(), dim) + eps);
  for (double& value : x) value /= root;
  return x;
}

std::string layout_text(const HeadLayout& layout) {
  return std::to_string(layout.offset) + "+" + std::to_string(layout.head_stride) + "h";
}

}  // namespace

std::vector<Type> LinearAttention::infer(Operands in) const {
  require_count(in, 6, 7, kName);
  const Attributes shown = attributes();
  require(heads > 0 && key_heads > 0 && heads % key_heads == 0 && key_dim > 0 && value_dim > 0,
          "linear_attention C2", "heads a multiple of key_heads, dims > 0", in, shown);
  require(holds(*in[0], queries, key_heads, key_dim) && holds(*in[1], keys, key_heads, key_dim) &&
              holds(*in[2], values, heads, value_dim),
          "linear_attention C1", "q, k and v are f32[tokens, n], wide enough for their layouts", in, shown);
  const Type& decay = in[3]->type;
  require(is_f32(*in[3]) && (decay.cols == heads || decay.cols == heads * key_dim) &&
              (decay.rows == kTokens || decay.rows == kOneRow),
          "linear_attention C3", "decay has heads or heads * key_dim columns, one row or one a token", in,
          shown);
  const Cache* state = in[4]->cache();
  require(state != nullptr && state->state_rows == heads * key_dim && state->width == value_dim,
          "linear_attention C4", "the state is one of [heads * key_dim, value_dim]", in, shown);
  require(in[5]->type == Type{DType::i32, kTokens, 1}, "linear_attention C5", "positions is i32[tokens, 1]",
          in);
  const bool beta = in.size() == 7;
  require(beta == delta && (!beta || in[6]->type == Type{DType::f32, kTokens, heads}), "linear_attention C6",
          "beta is f32[tokens, heads], with delta only", in, shown);
  require(eps >= 0, "linear_attention C7", "eps >= 0", in, shown);
  return {{DType::f32, kTokens, heads * value_dim}, in[4]->type};
}

LinearAttention::Step LinearAttention::step(Inputs in, int64_t t, int64_t h) const {
  const int64_t key_head = h / (heads / key_heads);
  const auto eps64 = static_cast<double>(eps);
  Step s;
  s.query =
      columns(in[0]->row(t) + queries.offset + key_head * queries.head_stride, key_dim, normalise, eps64);
  s.key = columns(in[1]->row(t) + keys.offset + key_head * keys.head_stride, key_dim, normalise, eps64);
  s.value = in[2]->row(t) + values.offset + h * values.head_stride;
  const double* decay = in[3]->row(in[3]->rows == 1 ? 0 : t);
  const bool by_channel = in[3]->cols != heads;
  for (int64_t i = 0; i < key_dim; ++i) s.decay.push_back(decay[by_channel ? h * key_dim + i : h]);
  if (delta) s.beta = in[6]->at(t, h);
  return s;
}

LinearAttention::Change LinearAttention::advance(const Step& s, int64_t col, double* column,
                                                 int64_t stride) const {
  Change change;
  for (int64_t i = 0; i < key_dim; ++i) {
    column[i * stride] *= s.decay[static_cast<size_t>(i)];
    change.read += s.key[static_cast<size_t>(i)] * column[i * stride];
  }
  change.added = delta ? s.beta * (s.value[col] - change.read) : s.value[col];
  for (int64_t i = 0; i < key_dim; ++i) column[i * stride] += s.key[static_cast<size_t>(i)] * change.added;
  return change;
}

void LinearAttention::reference(Inputs in, Outputs out) const {
  Array& state = *out[1];
  if (out[1] != in[4]) state.data = in[4]->data;
  if (in[5]->at(0, 0) == 0) std::fill(state.data.begin(), state.data.end(), 0.0);
  for (int64_t t = 0; t < in[0]->rows; ++t) {
    for (int64_t h = 0; h < heads; ++h) {
      const Step s = step(in, t, h);
      double* of_head = state.row(h * key_dim);
      for (int64_t c = 0; c < value_dim; ++c) {
        advance(s, c, of_head + c, value_dim);
        double sum = 0;
        for (int64_t i = 0; i < key_dim; ++i)
          sum += s.query[static_cast<size_t>(i)] * of_head[i * value_dim + c];
        out[0]->at(t, h * value_dim + c) = static_cast<double>(scale) * sum;
      }
    }
  }
}

// Decay, update and reading of every element of the states; with delta also their product with the key.
Cost LinearAttention::cost(Operands in, const Sizes& sizes) const {
  const double elements =
      static_cast<double>(heads) * static_cast<double>(key_dim) * static_cast<double>(value_dim);
  return {(delta ? 7 : 5) * elements * static_cast<double>(sizes.tokens), traffic(in, infer(in), sizes)};
}

Attributes LinearAttention::attributes() const {
  Attributes list = {{"heads", std::to_string(heads)},     {"key_heads", std::to_string(key_heads)},
                     {"key_dim", std::to_string(key_dim)}, {"value_dim", std::to_string(value_dim)},
                     {"queries", layout_text(queries)},    {"keys", layout_text(keys)},
                     {"values", layout_text(values)},      {"scale", format_number(scale)},
                     {"rule", delta ? "delta" : "sum"}};
  if (normalise) list.emplace_back("eps", format_number(eps));
  return list;
}

}  // namespace clinfer::graph
