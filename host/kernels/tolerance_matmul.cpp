#include <cmath>

#include "host/kernels/tolerance_rules.h"

namespace clinfer::kernels {

namespace {

double magnitude(const double* a, const double* b, int64_t k) {
  double sum = 0.0;
  for (int64_t i = 0; i < k; ++i) sum += std::abs(a[i] * b[i]);
  return sum;
}

}  // namespace

graph::Array limits(const graph::Linear&, graph::Inputs in, graph::Inputs expected, size_t) {
  const graph::Array& x = *in[0];
  const graph::Array& w = *in[1];
  graph::Array result(expected[0]->rows, expected[0]->cols);
  for (int64_t t = 0; t < result.rows; ++t) {
    for (int64_t r = 0; r < result.cols; ++r) {
      const double bias = in.size() > 2 ? std::abs(in[2]->at(0, r)) : 0.0;
      result.at(t, r) = dot_limit(x.cols, magnitude(x.row(t), w.row(r), x.cols) + bias);
    }
  }
  return result;
}

graph::Array limits(const graph::ExpertLinear& op, graph::Inputs in, graph::Inputs expected, size_t) {
  const graph::Array& x = *in[0];
  const graph::Array& ids = *in[1];
  const graph::Array& w = *in[2];
  const int64_t rows = expected[0]->cols / ids.cols;
  graph::Array result(expected[0]->rows, expected[0]->cols);
  for (int64_t t = 0; t < result.rows; ++t) {
    for (int64_t col = 0; col < result.cols; ++col) {
      const int64_t slot = col / rows;
      const auto expert = static_cast<int64_t>(ids.at(t, slot));
      const double* from = x.row(t) + (op.per_slot ? slot * w.cols : 0);
      const double bias = in.size() > 3 ? std::abs(in[3]->at(expert, col % rows)) : 0.0;
      result.at(t, col) =
          dot_limit(w.cols, magnitude(from, w.row(expert * rows + col % rows), w.cols) + bias);
    }
  }
  return result;
}

graph::Array limits(const graph::HeadLinear& op, graph::Inputs in, graph::Inputs expected, size_t) {
  const graph::Array& x = *in[0];
  const graph::Array& w = *in[1];
  const int64_t out = op.out_dim + op.tail_dim;
  graph::Array result(expected[0]->rows, expected[0]->cols);  // the copied tail is exact
  for (int64_t t = 0; t < result.rows; ++t) {
    for (int64_t h = 0; h < op.heads; ++h) {
      const double* from = x.row(t) + h * (op.in_dim + op.tail_dim);
      const int64_t row0 = h * op.row_stride + op.row_offset;
      for (int64_t o = 0; o < op.out_dim; ++o) {
        double sum = 0.0;
        for (int64_t i = 0; i < op.in_dim; ++i) {
          sum += std::abs(from[i] * (op.transposed ? w.at(row0 + i, o) : w.at(row0 + o, i)));
        }
        result.at(t, h * out + o) = dot_limit(op.in_dim, sum);
      }
    }
  }
  return result;
}

/// One product, a second with the op's scale (and in q4_1 a sum that may cancel, hence the bound by the
/// table's largest value).
graph::Array limits(const graph::Embedding& op, graph::Inputs in, graph::Inputs expected, size_t) {
  double largest = 0.0;
  for (const double value : in[1]->data) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  }
  graph::Array result(expected[0]->rows, expected[0]->cols);
  const double units = op.scale == 1.0f ? 1.0 : 2.0 * std::abs(double{op.scale});
  for (double& limit : result.data) limit = units * kEps32 * largest;
  return result;
}

}  // namespace clinfer::kernels
