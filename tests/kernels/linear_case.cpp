#include "tests/kernels/linear_case.h"

namespace clinfer::tests {

Case linear_case(const std::string& weights, const std::string& activations, LinearShape shape, bool bias,
                 uint64_t seed, int64_t row_group) {
  std::mt19937_64 random(seed);
  graph::Builder builder("linear");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, shape.cols, activations});
  const auto w = builder.weight("w", shape.rows, shape.cols);
  std::vector<graph::ValueId> inputs = {x, w};
  Case result;
  result.inputs = {normal(shape.tokens, shape.cols, random), normal(shape.rows, shape.cols, random)};
  if (bias) {
    inputs.push_back(builder.vector("b", shape.rows));
    result.inputs.push_back(normal(1, shape.rows, random));
  }
  result.graph = finish(builder, builder.add(graph::Linear{}, "y", inputs), weights);
  std::get<graph::Weight>(result.graph.value(w).source).row_group = row_group;
  result.sizes = {shape.tokens, shape.tokens, shape.tokens};
  result.name = weights + (activations.empty() ? "" : " x " + activations) +
                " tokens=" + std::to_string(shape.tokens) + " rows=" + std::to_string(shape.rows) +
                " cols=" + std::to_string(shape.cols) + (bias ? " bias" : "");
  result.seed = seed;
  return result;
}

}  // namespace clinfer::tests
