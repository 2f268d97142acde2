#include <algorithm>
#include <cmath>
#include <functional>

#include "host/kernels/tolerance_rules.h"

namespace clinfer::kernels {

namespace {

/// Bounds of a list of ids that stands for the `count` highest scores: 0, unless a score that is not the
/// threshold itself lies within `error` of it, which a kernel may then put on its other side. Equal scores
/// are equal for kernels too, which compute all rows alike.
double id_limit(std::vector<double> scores, int64_t count, double error) {
  if (static_cast<int64_t>(scores.size()) <= count) return 0.0;
  std::sort(scores.begin(), scores.end(), std::greater<>());
  const double threshold = scores[static_cast<size_t>(count - 1)];
  const bool unsure = std::any_of(scores.begin(), scores.end(), [&](double score) {
    return score != threshold && std::abs(score - threshold) <= error;
  });
  return unsure ? static_cast<double>(scores.size()) : 0.0;
}

double size_of_dot(const double* a, const double* b, int64_t k) {
  double sum = 0.0;
  for (int64_t i = 0; i < k; ++i) sum += std::abs(a[i] * b[i]);
  return sum;
}

}  // namespace

/// A dot product a head, then a sum over the heads.
graph::Array limits(const graph::LightningIndexer& op, graph::Inputs in, graph::Inputs expected, size_t) {
  graph::Array result(expected[0]->rows, expected[0]->cols);
  for (int64_t t = 0; t < result.rows; ++t) {
    const std::vector<double> scores = op.scores(in, t);
    double error = 0.0;
    for (size_t s = 0; s < scores.size(); ++s) {
      double magnitude = 0.0;
      for (int64_t h = 0; h < op.heads; ++h)
        magnitude += std::abs(in[2]->at(t, h)) *
                     size_of_dot(in[0]->row(t) + h * op.dim, in[1]->row(static_cast<int64_t>(s)), op.dim);
      error = std::max(error, dot_limit(op.dim + op.heads, magnitude));
    }
    std::fill_n(result.row(t), op.count, id_limit(scores, op.count, 2.0 * error));
  }
  return result;
}

/// A score's error e moves each weight by a factor within exp(2e); importance sums weights.
graph::Array limits(const graph::BlockSelect& op, graph::Inputs in, graph::Inputs expected, size_t) {
  graph::Array result(expected[0]->rows, expected[0]->cols);
  const int64_t group = op.heads / op.kv_heads;
  for (int64_t t = 0; t < result.rows; ++t) {
    for (int64_t g = 0; g < op.kv_heads; ++g) {
      double magnitude = 0.0;
      for (int64_t i = 0; i < in[1]->rows; ++i) {
        for (int64_t h = g * group; h < (g + 1) * group; ++h)
          magnitude = std::max(magnitude,
                               size_of_dot(in[0]->row(t) + h * op.dim, in[1]->row(i) + g * op.dim, op.dim));
      }
      const double relative = 2.0 * std::abs(double{op.scale}) * dot_limit(op.dim, magnitude) +
                              kEps32 * static_cast<double>(in[1]->rows + 32);
      const double most = static_cast<double>(group * op.length) / static_cast<double>(op.stride) *
                          static_cast<double>(op.block);
      const double limit = id_limit(op.importance(in, t, g), op.count, 2.0 * relative * most);
      std::fill_n(result.row(t) + g * op.count, op.count, limit);
    }
  }
  return result;
}

/// Two matrix products; the first one's error passes through the second. Block indices are exact.
graph::Array limits(const graph::BlockCompress& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result(expected[output]->rows, expected[output]->cols);
  for (int64_t t = 0; output == 0 && t < result.rows; ++t) {
    const auto last = static_cast<int64_t>(in[4]->at(t, 0));
    for (int64_t h = 0; op.completed(last) >= 0 && h < op.heads; ++h) {
      std::vector<double> x(static_cast<size_t>(op.length * op.dim));
      for (size_t i = 0; i < x.size(); ++i) {
        const auto at = static_cast<int64_t>(i);
        x[i] = std::abs(in[0]->at(last + 1 - op.length + at / op.dim, h * op.dim + at % op.dim)) +
               std::abs(in[1]->data[i]);
      }
      for (int64_t c = 0; c < op.dim; ++c) {
        double magnitude = 0.0;
        for (int64_t u = 0; u < in[2]->rows; ++u)
          magnitude += std::abs(in[3]->at(c, u)) * size_of_dot(in[2]->row(u), x.data(), op.length * op.dim);
        result.at(t, h * op.dim + c) = dot_limit(op.length * op.dim + in[2]->rows, magnitude);
      }
    }
  }
  return result;
}

/// A sigmoid, a product and a sum a branch.
graph::Array limits(const graph::GatedSum& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result(expected[output]->rows, expected[output]->cols);
  const int64_t dim = result.cols / op.heads;
  for (size_t b = 1; b < in.size(); ++b) {
    for (int64_t t = 0; t < result.rows; ++t) {
      for (int64_t c = 0; c < result.cols; ++c) {
        const double gate = in[0]->at(t, static_cast<int64_t>(b - 1) * op.heads + c / dim);
        result.at(t, c) += 16.0 * kEps32 * std::abs(in[b]->at(t, c)) / (1 + std::exp(-gate));
      }
    }
  }
  return result;
}

}  // namespace clinfer::kernels
