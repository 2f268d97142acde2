#include "graph/ops/copy.h"

namespace clinfer::graph {

std::vector<Type> Copy::infer(Operands in) const {
  require_count(in, 1, 1, kName);
  require(in[0]->is_result() || in[0]->is_input(), "copy C1", "a result or an input", in);
  return {in[0]->type};
}

void Copy::reference(Inputs in, Outputs out) const {
  out[0]->data = in[0]->data;
}

Cost Copy::cost(Operands in, const Sizes& sizes) const {
  return {0, traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
