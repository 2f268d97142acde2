#include "graph/ops/glu.h"

#include <cmath>

namespace clinfer::graph {

std::vector<Type> Glu::infer(Operands in) const {
  require_count(in, 2, 2, kName);
  require(is_f32(*in[0]) && in[0]->type == in[1]->type, "glu C1", "two f32 operands of one type", in);
  return {in[0]->type};
}

void Glu::reference(Inputs in, Outputs out) const {
  for (size_t i = 0; i < out[0]->data.size(); ++i) {
    const double gate = in[0]->data[i];
    out[0]->data[i] = gate / (1 + std::exp(-gate)) * in[1]->data[i];
  }
}

// Exponential, sum, division and product count as one each.
Cost Glu::cost(Operands in, const Sizes& sizes) const {
  const Type& y = in[0]->type;
  const double elements = static_cast<double>(sizes.of(y.rows)) * static_cast<double>(y.cols);
  return {4 * elements, traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
