#include "graph/ops/concat.h"

namespace clinfer::graph {

std::vector<Type> Concat::infer(Operands in) const {
  require_count(in, 2, 2, kName);
  require(is_f32(*in[0]) && is_f32(*in[1]) && in[0]->type.rows == in[1]->type.rows, "concat C1",
          "two f32 operands with the same rows", in);
  return {{DType::f32, in[0]->type.rows, in[0]->type.cols + in[1]->type.cols}};
}

void Concat::reference(Inputs in, Outputs out) const {
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    for (int64_t c = 0; c < in[0]->cols; ++c) out[0]->at(r, c) = in[0]->at(r, c);
    for (int64_t c = 0; c < in[1]->cols; ++c) out[0]->at(r, in[0]->cols + c) = in[1]->at(r, c);
  }
}

Cost Concat::cost(Operands in, const Sizes& sizes) const {
  return {0, traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
