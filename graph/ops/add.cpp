#include "graph/ops/add.h"

namespace clinfer::graph {

std::vector<Type> Add::infer(Operands in) const {
  require_count(in, 2, 2, kName);
  require(is_f32(*in[0]) && in[0]->type == in[1]->type, "add C1", "two f32 operands of one type", in);
  return {in[0]->type};
}

void Add::reference(Inputs in, Outputs out) const {
  for (size_t i = 0; i < out[0]->data.size(); ++i) out[0]->data[i] = in[0]->data[i] + in[1]->data[i];
}

Cost Add::cost(Operands in, const Sizes& sizes) const {
  const Type& y = in[0]->type;
  const double elements = static_cast<double>(sizes.of(y.rows)) * static_cast<double>(y.cols);
  return {1 * elements, traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
