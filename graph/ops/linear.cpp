#include "graph/ops/linear.h"

namespace clinfer::graph {

std::vector<Type> Linear::infer(Operands in) const {
  require_count(in, 2, 3, kName);
  const Weight* weight = in[1]->weight();
  require(is_f32_or_quantised(*in[0]) && weight != nullptr && weight->experts == 1 && !weight->vector,
          "linear C1", "x is f32 and the weight one matrix", in);
  require(in[0]->type.cols == weight->cols, "linear C2", "x has as many columns as the weight", in);
  require(in.size() == 2 || is_f32_row(*in[2], weight->rows), "linear C3",
          "the bias is one f32 row with as many columns as the weight has rows", in);
  return {{DType::f32, in[0]->type.rows, weight->rows}};
}

void Linear::reference(Inputs in, Outputs out) const {
  const int64_t depth = in[1]->cols;
  for (int64_t n = 0; n < out[0]->cols; ++n) {
    const double* weight = in[1]->row(n);
    for (int64_t r = 0; r < out[0]->rows; ++r) {
      const double bias = in.size() == 3 ? in[2]->at(0, n) : 0;
      out[0]->at(r, n) = dot(in[0]->row(r), weight, depth) + bias;
    }
  }
}

Cost Linear::cost(Operands in, const Sizes& sizes) const {
  const auto rows = static_cast<double>(sizes.of(in[0]->type.rows));
  const auto n = static_cast<double>(in[1]->type.rows.factor);
  const auto k = static_cast<double>(in[1]->type.cols);
  const double bias = in.size() == 3 ? rows * n : 0;
  return {2 * rows * n * k + bias, traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
