#include "graph/ops/expert_combine.h"

namespace clinfer::graph {

std::vector<Type> ExpertCombine::infer(Operands in) const {
  require_count(in, 2, 2, kName);
  const Type& y = in[0]->type;
  const Type& weights = in[1]->type;
  require(is_f32(*in[0]) && is_f32(*in[1]) && y.rows == weights.rows, "expert_combine C1",
          "two f32 operands with the same rows", in);
  require(weights.cols > 0 && y.cols % weights.cols == 0, "expert_combine C2",
          "y's columns are a multiple of the weights'", in);
  return {{DType::f32, y.rows, y.cols / weights.cols}};
}

void ExpertCombine::reference(Inputs in, Outputs out) const {
  const int64_t width = out[0]->cols;
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    for (int64_t c = 0; c < width; ++c) {
      double sum = 0;
      for (int64_t j = 0; j < in[1]->cols; ++j) sum += in[1]->at(r, j) * in[0]->at(r, j * width + c);
      out[0]->at(r, c) = sum;
    }
  }
}

Cost ExpertCombine::cost(Operands in, const Sizes& sizes) const {
  const Type& y = in[0]->type;
  const double elements = static_cast<double>(sizes.of(y.rows)) * static_cast<double>(y.cols);
  return {2 * elements, traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
