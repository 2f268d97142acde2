#include "graph/ops/glu.h"

#include <cmath>
#include <numbers>

namespace clinfer::graph {

double activate(Activation activation, double x) {
  if (activation == Activation::silu) return x / (1 + std::exp(-x));
  const double u = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return x / (1 + std::exp(-2 * u));
}

std::vector<Type> Glu::infer(Operands in) const {
  require_count(in, 1, 2, kName);
  const Type& x = in[0]->type;
  require((width > 0) == (in.size() == 1), "glu C2", "one operand exactly with width > 0", in, attributes());
  if (width > 0) {
    require(is_f32(*in[0]) && x.cols % (2 * width) == 0, "glu C2", "f32 with a multiple of 2 * width columns",
            in, attributes());
    return {{DType::f32, x.rows, x.cols / 2}};
  }
  require(is_f32(*in[0]) && x == in[1]->type, "glu C1", "two f32 operands of one type", in);
  return {x};
}

void Glu::reference(Inputs in, Outputs out) const {
  const int64_t part = width > 0 ? width : out[0]->cols;
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    for (int64_t c = 0; c < out[0]->cols; ++c) {
      const int64_t gate = width > 0 ? c + c / part * part : c;
      const double up = width > 0 ? in[0]->at(r, gate + part) : in[1]->at(r, c);
      out[0]->at(r, c) = activate(activation, in[0]->at(r, gate)) * up;
    }
  }
}

// Exponential, sum, division and product count as one each; five more for the argument of gelu_tanh.
Cost Glu::cost(Operands in, const Sizes& sizes) const {
  const std::vector<Type> y = infer(in);
  const double elements = static_cast<double>(sizes.of(y[0].rows)) * static_cast<double>(y[0].cols);
  return {(activation == Activation::silu ? 4 : 9) * elements, traffic(in, y, sizes)};
}

Attributes Glu::attributes() const {
  Attributes list = {{"activation", activation == Activation::silu ? "silu" : "gelu_tanh"}};
  if (width > 0) list.emplace_back("width", std::to_string(width));
  return list;
}

}  // namespace clinfer::graph
