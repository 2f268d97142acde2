#include "graph/ops/linear.h"

namespace clinfer::graph {

std::vector<Type> Linear::infer(Operands in) const {
  require_count(in, 2, 8, kName);
  const bool biased = in.size() == 3 && (in[2]->weight() == nullptr || in[2]->weight()->vector);
  std::vector<Type> results;
  for (size_t i = 1; i < (biased ? 2 : in.size()); ++i) {
    const Weight* weight = in[i]->weight();
    require(is_f32_or_quantised(*in[0]) && weight != nullptr && weight->experts == 1 && !weight->vector,
            "linear C1", "x is f32 and the weight one matrix", in);
    require(in[0]->type.cols == weight->cols, "linear C2", "x has as many columns as the weight", in);
    results.push_back({DType::f32, in[0]->type.rows, weight->rows});
  }
  require(!biased || is_f32_row(*in[2], results.front().cols), "linear C3",
          "the bias is one f32 row with as many columns as the weight has rows", in);
  return results;
}

void Linear::reference(Inputs in, Outputs out) const {
  const int64_t depth = in[1]->cols;
  for (size_t i = 0; i < out.size(); ++i) {
    for (int64_t n = 0; n < out[i]->cols; ++n) {
      const double* weight = in[1 + i]->row(n);
      const double bias = in.size() > 1 + out.size() ? in[2]->at(0, n) : 0;
      for (int64_t r = 0; r < out[i]->rows; ++r) out[i]->at(r, n) = dot(in[0]->row(r), weight, depth) + bias;
    }
  }
}

Cost Linear::cost(Operands in, const Sizes& sizes) const {
  const auto rows = static_cast<double>(sizes.of(in[0]->type.rows));
  const std::vector<Type> results = infer(in);
  double n = 0;
  for (const Type& result : results) n += static_cast<double>(result.cols);
  const double bias = in.size() > 1 + results.size() ? rows * n : 0;
  return {2 * rows * n * static_cast<double>(in[0]->type.cols) + bias, traffic(in, results, sizes)};
}

}  // namespace clinfer::graph
