#include "graph/ops/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace clinfer::graph {
namespace {

/// A cache or f32[context, n] with `heads` parts of `dim` columns inside.
bool holds(const Value& value, const HeadLayout& layout, int64_t heads, int64_t dim) {
  return is_f32(value) && value.type.rows == kContext && layout.offset >= 0 && layout.head_stride >= 0 &&
         layout.offset + (heads - 1) * layout.head_stride + dim <= value.type.cols;
}

/// Replaces scores by softmax(scores), with `sink` one more of them whose share is dropped: subtract the
/// highest, then exponentials over their sum.
void softmax(std::vector<double>& scores, const double* sink) {
  double highest = sink != nullptr ? *sink : -std::numeric_limits<double>::infinity();
  for (const double score : scores) highest = std::max(highest, score);
  double sum = sink != nullptr ? std::exp(*sink - highest) : 0;
  for (double& score : scores) {
    score = std::exp(score - highest);
    sum += score;
  }
  for (double& score : scores) score /= sum;
}

double score_of(const Attention& op, Inputs in, int64_t t, int64_t h, int64_t p, int64_t s) {
  const int64_t kv_head = h / (op.heads / op.kv_heads);
  const int64_t dim = op.key_dim + op.shared_dim;
  const double* q = in[0]->row(t) + (op.view_of(p, s) * op.heads + h) * dim;
  double score = dot(q, in[1]->row(s) + op.keys.offset + kv_head * op.keys.head_stride, op.key_dim);
  if (op.shared_dim > 0) score += dot(q + op.key_dim, in[4]->row(s) + op.shared_offset, op.shared_dim);
  score *= static_cast<double>(op.scale);
  const auto cap = static_cast<double>(op.softcap);
  if (cap > 0) score = cap * std::tanh(score / cap);
  if (op.alibi) score += in[static_cast<size_t>(op.slopes_operand())]->at(0, h) * static_cast<double>(s - p);
  return score;
}

std::string_view to_string(QueryViews views) {
  if (views == QueryViews::first_rows) return "first_rows";
  return views == QueryViews::chunk_distance ? "chunk_distance" : "one";
}

}  // namespace

int64_t count_of(QueryViews views) {
  if (views == QueryViews::first_rows) return 2;
  return views == QueryViews::chunk_distance ? 3 : 1;
}

size_t Attention::operand_count() const {
  return 4u + (shared_dim > 0) + sinks + alibi + (selection.count > 0);
}

std::vector<int64_t> Attention::seen_rows(Inputs in, int64_t t, int64_t h) const {
  const AttentionMask::Range range = mask.range(static_cast<int64_t>(in[3]->at(t, 0)));
  std::vector<int64_t> rows;
  const auto take = [&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; ++s) rows.push_back(s);
  };
  if (selection.count == 0) {
    take(0, range.first_end);
    take(range.begin, range.end);
    return rows;
  }
  const Array& selected = *in[static_cast<size_t>(selected_operand())];
  const int64_t set = h / (heads / selection.sets);
  for (int64_t i = 0; i < selection.count; ++i) {
    const double id = selected.at(t, set * selection.count + i);
    if (id < 0) continue;
    const int64_t begin = checked_index(id, in[1]->rows, "attention: selected block") * selection.block;
    take(begin, std::min(range.first_end, begin + selection.block));
    take(std::max(range.begin, begin), std::min(range.end, begin + selection.block));
  }
  return rows;
}

int64_t Attention::view_of(int64_t p, int64_t s) const {
  if (views == QueryViews::first_rows) return s < mask.range(p).first_end ? 1 : 0;
  if (views == QueryViews::chunk_distance) return std::min<int64_t>(2, p / view_chunk - s / view_chunk);
  return 0;
}

std::vector<Type> Attention::infer(Operands in) const {
  require_count(in, 4, std::max<size_t>(5, operand_count()), kName);
  const Attributes shown = attributes();
  const bool dims = heads > 0 && kv_heads > 0 && key_dim > 0 && value_dim > 0 && shared_dim >= 0;
  require(dims && mask.consistent() && softcap >= 0, "attention C6",
          "a consistent mask, dims > 0 and softcap >= 0", in, shown);
  require(in[0]->type == Type{DType::f32, kTokens, count_of(views) * heads * (key_dim + shared_dim)},
          "attention C1", "q is f32[tokens, views * heads * (key_dim + shared_dim)]", in, shown);
  require(heads % kv_heads == 0 && selection.sets > 0 && heads % selection.sets == 0, "attention C2",
          "heads is a multiple of kv_heads and of sets", in, shown);
  require(in.size() == operand_count(), "attention C4", "as many operands as the attributes ask for", in,
          shown);
  const bool shared_fits = shared_dim == 0 || holds(*in[4], {shared_offset, 0}, 1, shared_dim);
  require(holds(*in[1], keys, kv_heads, key_dim) && holds(*in[2], values, kv_heads, value_dim) && shared_fits,
          "attention C3", "keys, values and shared are caches or f32[context, n] wide enough for the layouts",
          in, shown);
  require(in[3]->type == Type{DType::i32, kTokens, 1}, "attention C5", "positions is i32[tokens, 1]", in);
  const bool rows = (!sinks || is_f32_row(*in[static_cast<size_t>(sinks_operand())], heads)) &&
                    (!alibi || is_f32_row(*in[static_cast<size_t>(slopes_operand())], heads));
  const bool chosen =
      selection.count == 0 ||
      (selection.block > 0 && in[static_cast<size_t>(selected_operand())]->type ==
                                  Type{DType::i32, kTokens, selection.sets * selection.count});
  require(rows && chosen, "attention C7",
          "sinks and slopes are f32[1, heads], selected i32[tokens, sets * count]", in, shown);
  require((view_chunk > 0) == (views == QueryViews::chunk_distance) &&
              (mask.first > 0 || views != QueryViews::first_rows),
          "attention C8", "view_chunk > 0 exactly with chunk_distance, mask.first > 0 with first_rows", in,
          shown);
  return {{DType::f32, kTokens, heads * value_dim}};
}

void Attention::reference(Inputs in, Outputs out) const {
  std::vector<double> scores;
  for (int64_t t = 0; t < out[0]->rows; ++t) {
    const auto p = static_cast<int64_t>(in[3]->at(t, 0));
    const int64_t rows_held = std::min(in[1]->rows, in[2]->rows);
    checked_index(static_cast<double>(p < 0 ? p : mask.range(p).end), rows_held + 1, "attention: position");
    for (int64_t h = 0; h < heads; ++h) {
      const std::vector<int64_t> rows = seen_rows(in, t, h);
      scores.clear();
      for (const int64_t s : rows) scores.push_back(score_of(*this, in, t, h, p, s));
      softmax(scores,
              sinks ? &in[static_cast<size_t>(sinks_operand())]->data[static_cast<size_t>(h)] : nullptr);
      const int64_t kv_head = h / (heads / kv_heads);
      double* y = out[0]->row(t) + h * value_dim;
      std::fill(y, y + value_dim, 0.0);
      for (size_t i = 0; i < rows.size(); ++i) {
        const double* value = in[2]->row(rows[i]) + values.offset + kv_head * values.head_stride;
        for (int64_t c = 0; c < value_dim; ++c) y[c] += scores[i] * value[c];
      }
    }
  }
}

// Tokens are the last of the context, so token t attends to context - tokens + t + 1 tokens, and to as many
// as mask and selection let through at most; the bound is taken on the mean. Five operations a score for
// scale and softmax.
Cost Attention::cost(Operands in, const Sizes& sizes) const {
  const auto tokens = static_cast<double>(sizes.tokens);
  double attended = static_cast<double>(sizes.context) - (tokens - 1) / 2;
  attended = attended / static_cast<double>(mask.stride);
  if (mask.window > 0) attended = std::min(attended, static_cast<double>(mask.window + mask.first));
  if (mask.chunk > 0) attended = std::min(attended, static_cast<double>(mask.chunk));
  if (selection.count > 0)
    attended = std::min(attended, static_cast<double>(selection.count * selection.block));
  const double pairs = tokens * attended * static_cast<double>(heads);
  const auto products = static_cast<double>(key_dim + shared_dim + value_dim);
  return {pairs * (2 * products + 5), traffic(in, infer(in), sizes)};
}

Attributes Attention::attributes() const {
  Attributes shown = {{"heads", std::to_string(heads)},
                      {"kv_heads", std::to_string(kv_heads)},
                      {"key_dim", std::to_string(key_dim)},
                      {"value_dim", std::to_string(value_dim)},
                      {"shared_dim", std::to_string(shared_dim)},
                      {"keys", std::to_string(keys.offset) + "+" + std::to_string(keys.head_stride)},
                      {"values", std::to_string(values.offset) + "+" + std::to_string(values.head_stride)},
                      {"shared_offset", std::to_string(shared_offset)},
                      {"scale", format_number(scale)},
                      {"window", std::to_string(mask.window)}};
  const auto show = [&](bool used, std::string_view name, std::string value) {
    if (used) shown.emplace_back(name, std::move(value));
  };
  show(mask.first > 0, "first", std::to_string(mask.first));
  show(mask.chunk > 0, "chunk", std::to_string(mask.chunk));
  show(mask.stride > 1 || mask.length > 1, "rows",
       std::to_string(mask.stride) + "+" + std::to_string(mask.length));
  show(softcap > 0, "softcap", format_number(softcap));
  show(sinks, "sinks", "true");
  show(alibi, "alibi", "true");
  show(selection.count > 0, "selected",
       std::to_string(selection.sets) + "x" + std::to_string(selection.count) + "x" +
           std::to_string(selection.block));
  show(views != QueryViews::one, "views", std::string(to_string(views)));
  show(view_chunk > 0, "view_chunk", std::to_string(view_chunk));
  show(rounded, "rounded", "true");
  return shown;
}

}  // namespace clinfer::graph
