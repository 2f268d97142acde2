#include <algorithm>
#include <array>
#include <cmath>

#include "graph/ops/glu_products.h"
#include "host/kernels/tolerance_rules.h"

namespace clinfer::kernels {

namespace {

graph::Array exact(graph::Inputs expected, size_t output) {
  return graph::Array(expected[output]->rows, expected[output]->cols);
}

/// Roundings of an activation, in units of eps: the exponential turns its argument's relative error, of at
/// most six roundings in gelu_tanh, into one as many times as large as the argument.
double activation_units(graph::Activation activation, double x) {
  if (activation != graph::Activation::gelu_tanh) return 8.0;
  return 8.0 + 6.0 * std::abs(1.5957691216057308 * x * (1.0 + 0.044715 * x * x));
}

}  // namespace

/// The squares are summed in at least 16 parts; the root halves their relative error. With a delta the second
/// result is a sum, whose rounding is among what the others have.
graph::Array limits(const graph::RmsNorm& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  if (output == 1 && in.size() > 2) return limits(graph::Add{}, in, expected, output);
  graph::Array result = relative_limits(*expected[output], static_cast<double>(in[1]->cols) / 32.0 + 12.0);
  if (output == 0 && !op.format.empty()) add_rounding(op.format, *expected[0], result);
  return result;
}

/// cos and sin are within 4 ulp (OpenCL 1.2, table 7.1); columns that are not rotated are copied.
graph::Array limits(const graph::Rope& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result = exact(expected, output);
  const int64_t half = op.rope_dim / 2;
  for (int64_t r = 0; r < result.rows; ++r) {
    for (int64_t head = op.offset; head < result.cols; head += op.head_dim) {
      for (int64_t i = 0; i < half; ++i) {
        const int64_t first = head + (op.pairing == graph::RopePairing::half ? i : 2 * i);
        const int64_t second = op.pairing == graph::RopePairing::half ? first + half : first + 1;
        const double size = std::abs(in[0]->at(r, first)) + std::abs(in[0]->at(r, second));
        result.at(r, first) = result.at(r, second) = 8.0 * kEps32 * std::abs(double{op.scale}) * size;
      }
    }
  }
  return result;
}

/// Of two matrices. No activation is steeper than 1.13. Its exponential's argument may be rounded several
/// times, which matters where the result is about as large as the argument.
graph::Array product_limits(const graph::Glu& op, graph::Inputs in) {
  const auto [gate, up] = graph::glu_products(in);
  const graph::Array gate_limits = limits(graph::Linear{}, std::array{in[0], in[1]}, std::array{&gate}, 0);
  graph::Array result = limits(graph::Linear{}, std::array{in[0], in[2]}, std::array{&up}, 0);
  for (size_t i = 0; i < result.data.size(); ++i) {
    const double open = std::abs(graph::activate(op.activation, gate.data[i]));
    const double moved = 1.13 * gate_limits.data[i] + 16.0 * kEps32 * (1.0 + std::abs(gate.data[i]));
    result.data[i] = moved * std::abs(up.data[i]) + (open + moved) * result.data[i];
  }
  return result;
}

/// Where exp(-gate) overflows, floats give 0. The clamped form rounds the exponent -alpha gate too.
graph::Array limits(const graph::Glu& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result = in.size() == 3 ? product_limits(op, in) : exact(expected, output);
  for (int64_t r = 0; r < result.rows && in.size() < 3; ++r) {
    for (int64_t c = 0; c < result.cols; ++c) {
      const graph::Glu::Pair at = op.columns_of(c);
      const double up = in[op.width > 0 ? 0 : 1]->at(r, at.up);
      const double gate = in[0]->at(r, at.gate);
      const double exponent = op.clamped() ? 2.0 * std::abs(double{op.alpha} * gate) : 0.0;
      result.at(r, c) =
          kEps32 * (activation_units(op.activation, gate) + exponent) * std::abs(expected[output]->at(r, c)) +
          0x1p-118 * (1.0 + std::abs(up));
    }
  }
  if (!op.format.empty()) add_rounding(op.format, *expected[output], result);
  return result;
}

/// A scaled operand is rounded before the sum, which may cancel.
graph::Array limits(const graph::Add& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result = relative_limits(*expected[output], 8.0);
  if (op.scale == 1.0f) return result;
  for (int64_t r = 0; r < result.rows; ++r) {
    for (int64_t c = 0; c < result.cols; ++c)
      result.at(r, c) += kEps32 * std::abs(double{op.scale} * in[1]->at(in[1]->rows == 1 ? 0 : r, c));
  }
  return result;
}

/// The mean's error (a sum in at least 16 parts) moves every difference; the variance is second order in it.
graph::Array limits(const graph::LayerNorm& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result = exact(expected, output);
  const int64_t group = in[1]->cols;
  const double units = static_cast<double>(group) / 16.0 + 16.0;
  for (int64_t r = 0; r < result.rows; ++r) {
    for (int64_t start = 0; start < result.cols; start += group) {
      const int64_t head = start / group % in[1]->rows;
      double mean = 0.0, sizes = 0.0, squares = 0.0;
      const auto at = [&](int64_t c) { return in[0]->at(r, start + c); };
      for (int64_t c = 0; c < group; ++c) mean += at(c) / static_cast<double>(group);
      for (int64_t c = 0; c < group; ++c) sizes += std::abs(at(c)) / static_cast<double>(group);
      for (int64_t c = 0; c < group; ++c) squares += (at(c) - mean) * (at(c) - mean);
      const double root = std::sqrt(squares / static_cast<double>(group) + double{op.eps});
      for (int64_t c = 0; c < group; ++c) {
        const double weight = in[1]->at(head, c) + (op.unit_offset ? 1.0 : 0.0);
        const double moved = (sizes + std::abs(at(c) - mean)) / root * std::abs(weight);
        result.at(r, start + c) = kEps32 * (units * moved + std::abs(expected[output]->at(r, start + c)));
      }
    }
  }
  return result;
}

/// tanh is within 5 ulp (OpenCL 1.2, table 7.1); where an exponential overflows, floats give 0.
graph::Array limits(const graph::Pointwise& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result = relative_limits(*expected[output], 12.0);
  for (size_t i = 0; i < result.data.size(); ++i) {
    if (op.function == graph::Function::gelu_tanh)
      result.data[i] = kEps32 * activation_units(graph::Activation::gelu_tanh, in[0]->data[i]) *
                       std::abs(expected[output]->data[i]);
    result.data[i] += op.function == graph::Function::scale ? 0.0 : 0x1p-118;
  }
  return result;
}

/// Ids are exact; a score's error comes from the rounding of its logit's distance to the highest, and a sum.
graph::Array limits(const graph::Router& op, graph::Inputs in, graph::Inputs expected, size_t output) {
  if (output == 0) return exact(expected, output);
  const auto [low, high] = std::minmax_element(in[0]->data.begin(), in[0]->data.end());
  return relative_limits(*expected[output], 24.0 + (*high - *low) + static_cast<double>(op.experts));
}

graph::Array limits(const graph::ExpertCombine&, graph::Inputs in, graph::Inputs expected, size_t output) {
  graph::Array result = exact(expected, output);
  const int64_t top_k = in[1]->cols;
  for (int64_t r = 0; r < result.rows; ++r) {
    for (int64_t c = 0; c < result.cols; ++c) {
      double magnitude = 0.0;
      for (int64_t j = 0; j < top_k; ++j)
        magnitude += std::abs(in[1]->at(r, j) * in[0]->at(r, j * result.cols + c));
      result.at(r, c) = kEps32 * static_cast<double>(top_k + 2) * magnitude;
    }
  }
  return result;
}

graph::Array limits(const graph::Slice&, graph::Inputs, graph::Inputs expected, size_t output) {
  return exact(expected, output);
}
graph::Array limits(const graph::Concat&, graph::Inputs, graph::Inputs expected, size_t output) {
  return exact(expected, output);
}
graph::Array limits(const graph::SelectRows&, graph::Inputs, graph::Inputs expected, size_t output) {
  return exact(expected, output);
}
graph::Array limits(const graph::CacheAppend&, graph::Inputs, graph::Inputs expected, size_t output) {
  return exact(expected, output);
}

}  // namespace clinfer::kernels
