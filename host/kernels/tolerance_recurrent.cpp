#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/kernels/tolerance_rules.h"

namespace clinfer::kernels {

namespace {

double norm_of(const std::vector<double>& x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

/// One column of a head's state and a bound on its error.
///
/// With E the error of the column and local roundings r, E' = (I - beta k k^T) diag(decay) E + r (without
/// delta: E' = diag(decay) E + r), so that its length grows by the factor max |decay| max(1, |1 - beta
/// |k|^2|) at most: for gates in [0, 1] and keys of length 1 errors only add up.
class ColumnError {
 public:
  ColumnError(const graph::LinearAttention& op, graph::Inputs in, int64_t head, int64_t col)
      : op_(op), col_(col), column_(static_cast<size_t>(op.key_dim)) {
    if (in[5]->at(0, 0) == 0) return;
    for (int64_t i = 0; i < op.key_dim; ++i)
      column_[static_cast<size_t>(i)] = in[4]->at(head * op.key_dim + i, col);
  }

  /// The bound on the token's result.
  double advance(const graph::LinearAttention::Step& s) {
    double decay = 0.0;
    double products = 0.0;
    for (size_t i = 0; i < s.key.size(); ++i) {
      decay = std::max(decay, std::abs(s.decay[i]));
      products += std::abs(s.key[i] * s.decay[i] * column_[i]);
    }
    const double key = norm_of(s.key);
    const double before = norm_of(column_) * decay;
    const graph::LinearAttention::Change change = op_.advance(s, col_, column_.data(), 1);
    const double growth = op_.delta ? std::max(1.0, std::abs(1.0 - s.beta * key * key)) : 1.0;
    const double read = op_.delta ? dot_limit(op_.key_dim, products) + normed() * products +
                                        3 * kEps32 * (std::abs(s.value[col_]) + std::abs(change.read))
                                  : 0.0;
    error_ = growth * (decay * error_ + kEps32 * before) + key * std::abs(s.beta) * read +
             (3 * kEps32 + normed()) * key * std::abs(change.added) + kEps32 * (before + norm_of(column_));
    double sum = 0.0;
    for (size_t i = 0; i < s.query.size(); ++i) sum += std::abs(s.query[i] * column_[i]);
    return std::abs(double{op_.scale}) *
           (norm_of(s.query) * error_ + dot_limit(op_.key_dim, sum) + normed() * sum);
  }

  double error() const { return error_; }

 private:
  /// Relative error of a normalised element: a sum of squares, of which the root halves the error.
  double normed() const {
    return op_.normalise ? kEps32 * (static_cast<double>(op_.key_dim) / 2.0 + 8.0) : 0.0;
  }

  const graph::LinearAttention& op_;
  int64_t col_;
  std::vector<double> column_;
  double error_ = 0.0;  ///< of the column, Euclidean
};

}  // namespace

graph::Array limits(const graph::LinearAttention& op, graph::Inputs in, graph::Inputs expected,
                    size_t output) {
  graph::Array result(expected[output]->rows, expected[output]->cols);
  for (int64_t h = 0; h < op.heads; ++h) {
    std::vector<ColumnError> columns;
    for (int64_t c = 0; c < op.value_dim; ++c) columns.emplace_back(op, in, h, c);
    for (int64_t t = 0; t < in[0]->rows; ++t) {
      const graph::LinearAttention::Step step = op.step(in, t, h);
      for (int64_t c = 0; c < op.value_dim; ++c) {
        const double limit = columns[static_cast<size_t>(c)].advance(step);
        if (output == 0) result.at(t, h * op.value_dim + c) = limit;
      }
    }
    for (int64_t i = 0; output == 1 && i < op.key_dim; ++i) {
      for (int64_t c = 0; c < op.value_dim; ++c)
        result.at(h * op.key_dim + i, c) = columns[static_cast<size_t>(c)].error();
    }
  }
  return result;
}

/// A dot product of as many terms as there are taps; silu's slope is 1.1 at most. The state is a copy.
graph::Array limits(const graph::CausalConv& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result(expected[output]->rows, expected[output]->cols);
  if (output == 1) return result;
  const int64_t taps = in[1]->cols;
  const bool has_past = in[3]->at(0, 0) > 0;
  for (int64_t t = 0; t < result.rows; ++t) {
    for (int64_t c = 0; c < result.cols; ++c) {
      double magnitude = in.size() == 5 ? std::abs(in[4]->at(0, c)) : 0.0;
      for (int64_t j = 0; j < taps; ++j) {
        const int64_t row = t - (taps - 1) + j;
        const double x = row >= 0 ? in[0]->at(row, c) : has_past ? in[2]->at(taps - 1 + row, c) : 0.0;
        magnitude += std::abs(in[1]->at(c, j) * x);
      }
      result.at(t, c) = 1.1 * dot_limit(taps + 1, magnitude);
      if (op.silu) result.at(t, c) += 8.0 * kEps32 * std::abs(expected[output]->at(t, c)) + 0x1p-118;
    }
  }
  return result;
}

/// y = exp(-rate softplus(z)): the argument's error, of a rounded sum, two exponentials, a logarithm and a
/// product, becomes y's relative error.
graph::Array limits(const graph::DecayGate&, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result(expected[output]->rows, expected[output]->cols);
  const int64_t group = in[0]->cols / static_cast<int64_t>(in[1]->data.size());
  for (int64_t r = 0; r < result.rows; ++r) {
    for (int64_t c = 0; c < result.cols; ++c) {
      const double z = in[0]->at(r, c) + in[2]->at(0, c);
      const double softplus = std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z)));
      const double rate = std::exp(in[1]->data[static_cast<size_t>(c / group)]);
      // exp is within 3 ulp, log1p within 2 (OpenCL 1.2, table 7.1).
      const double argument = rate * (std::abs(z) + 12.0 * softplus);
      result.at(r, c) = kEps32 * (argument + 4.0) * expected[output]->at(r, c) + 0x1p-118;
    }
  }
  return result;
}

}  // namespace clinfer::kernels
