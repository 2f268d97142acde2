#include "graph/ops/pointwise.h"

#include <algorithm>
#include <cmath>

#include "graph/ops/glu.h"

namespace clinfer::graph {
namespace {

struct Known {
  std::string_view name;
  bool has_parameter;
  double flops;  ///< an element; exponential and hyperbolic tangent count as one
};

Known known(Function function) {
  switch (function) {
    case Function::scale:
      return {"scale", true, 1};
    case Function::clamp:
      return {"clamp", true, 2};
    case Function::softcap:
      return {"softcap", true, 3};
    case Function::sigmoid:
      return {"sigmoid", false, 3};
    case Function::gelu_tanh:
      return {"gelu_tanh", false, 8};
    case Function::relu_squared:
      return {"relu_squared", false, 2};
    case Function::silu:
      return {"silu", false, 4};
  }
  return {};
}

double apply(Function function, double p, double x) {
  switch (function) {
    case Function::scale:
      return p * x;
    case Function::clamp:
      return std::clamp(x, -p, p);
    case Function::softcap:
      return p * std::tanh(x / p);
    case Function::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Function::gelu_tanh:
      return activate(Activation::gelu_tanh, x);
    case Function::relu_squared:
      return std::max(x, 0.0) * std::max(x, 0.0);
    case Function::silu:
      return activate(Activation::silu, x);
  }
  return x;
}

}  // namespace

std::vector<Type> Pointwise::infer(Operands in) const {
  require_count(in, 1, 1, kName);
  require(is_f32(*in[0]), "pointwise C1", "x is f32", in);
  const bool bounded = function == Function::clamp || function == Function::softcap;
  require(!bounded || parameter > 0, "pointwise C2", "a parameter > 0", in, attributes());
  return {in[0]->type};
}

void Pointwise::reference(Inputs in, Outputs out) const {
  for (size_t i = 0; i < out[0]->data.size(); ++i)
    out[0]->data[i] = apply(function, static_cast<double>(parameter), in[0]->data[i]);
}

Cost Pointwise::cost(Operands in, const Sizes& sizes) const {
  const Type& y = in[0]->type;
  const double elements = static_cast<double>(sizes.of(y.rows)) * static_cast<double>(y.cols);
  return {known(function).flops * elements, traffic(in, infer(in), sizes)};
}

Attributes Pointwise::attributes() const {
  Attributes list = {{"function", std::string(known(function).name)}};
  if (known(function).has_parameter) list.emplace_back("parameter", format_number(parameter));
  return list;
}

}  // namespace clinfer::graph
