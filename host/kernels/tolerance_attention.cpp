#include <algorithm>
#include <cmath>
#include <limits>

#include "host/kernels/tolerance_rules.h"

namespace clinfer::kernels {

namespace {

/// Of rounding to bf16, relative.
constexpr double kBf16 = 0x1p-9;

/// What is added up, and the sum of the terms' sizes.
struct Dot {
  double sum = 0.0;
  double magnitude = 0.0;

  void add(const double* a, const double* b, int64_t k) {
    for (int64_t i = 0; i < k; ++i) {
      sum += a[i] * b[i];
      magnitude += std::abs(a[i] * b[i]);
    }
  }
};

/// A score and a bound on its error.
struct Score {
  double value = 0.0;
  double error = 0.0;
};

/// tanh is within 5 ulp and division within 2.5 (OpenCL 1.2, table 7.1); tanh grows no faster than its
/// argument.
Score capped(Score score, double cap) {
  const double value = cap * std::tanh(score.value / cap);
  return {value, score.error + kEps32 * (8.0 * std::abs(value) + 4.0 * std::abs(score.value))};
}

Score score_of(const graph::Attention& op, graph::Inputs in, int64_t t, int64_t h, int64_t s) {
  const auto p = static_cast<int64_t>(in[3]->at(t, 0));
  const int64_t dim = op.key_dim + op.shared_dim;
  const double* q = in[0]->row(t) + (op.view_of(p, s) * op.heads + h) * dim;
  Dot dot;
  dot.add(q, in[1]->row(s) + op.keys.offset + h / (op.heads / op.kv_heads) * op.keys.head_stride, op.key_dim);
  if (op.shared_dim > 0)
    dot.add(q + op.key_dim, in[static_cast<size_t>(op.shared_operand())]->row(s) + op.shared_offset,
            op.shared_dim);
  const double rounding = op.rounded ? (2 + kBf16) * kBf16 * dot.magnitude : 0.0;
  Score score{dot.sum * double{op.scale},
              std::abs(double{op.scale}) * (dot_limit(dim, dot.magnitude) + rounding)};
  if (op.softcap > 0) score = capped(score, double{op.softcap});
  if (!op.alibi) return score;
  const double bias = in[static_cast<size_t>(op.slopes_operand())]->at(0, h) * static_cast<double>(s - p);
  score.value += bias;
  score.error += kEps32 * (std::abs(bias) + std::abs(score.value));
  return score;
}

/// One (token, head) of attention: its rows, their softmax, and how far each weight may be off.
struct Weights {
  std::vector<int64_t> rows;
  std::vector<double> weight;
  std::vector<double> relative_error;
};

/// An error e of a score moves its weight by a factor within exp(e), and the sum of all by their mean's; the
/// sum has a term for each row. Rounded weights and values are off by a factor each.
Weights weights_of(const graph::Attention& op, graph::Inputs in, int64_t t, int64_t h) {
  Weights result;
  result.rows = op.seen_rows(in, t, h);
  std::vector<Score> scores;
  double highest = -std::numeric_limits<double>::infinity();
  if (op.sinks) highest = in[static_cast<size_t>(op.sinks_operand())]->at(0, h);
  const double sink = highest;
  for (const int64_t s : result.rows) {
    scores.push_back(score_of(op, in, t, h, s));
    highest = std::max(highest, scores.back().value);
  }
  double sum = op.sinks ? std::exp(sink - highest) : 0.0;
  for (const Score& score : scores) sum += std::exp(score.value - highest);
  double mean = kEps32 * static_cast<double>(scores.size() + 32);
  for (const Score& score : scores) {
    result.weight.push_back(std::exp(score.value - highest) / sum);
    mean += result.weight.back() * score.error;
  }
  const double rounding = op.rounded ? (2 + kBf16) * kBf16 : 0.0;
  for (const Score& score : scores)
    result.relative_error.push_back(std::expm1(score.error + mean) + rounding);
  return result;
}

}  // namespace

graph::Array limits(const graph::Attention& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result(expected[output]->rows, expected[output]->cols);
  for (int64_t t = 0; t < result.rows; ++t) {
    for (int64_t h = 0; h < op.heads; ++h) {
      const Weights weights = weights_of(op, in, t, h);
      const int64_t at = op.values.offset + h / (op.heads / op.kv_heads) * op.values.head_stride;
      double* limit = result.row(t) + h * op.value_dim;
      for (size_t i = 0; i < weights.rows.size(); ++i) {
        const double* value = in[2]->row(weights.rows[i]) + at;
        const double part = weights.relative_error[i] * weights.weight[i];
        for (int64_t d = 0; d < op.value_dim; ++d) limit[d] += part * std::abs(value[d]);
      }
    }
  }
  return result;
}

}  // namespace clinfer::kernels
