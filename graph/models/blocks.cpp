#include "graph/models/blocks.h"

namespace clinfer::graph {

DecoderInputs add_decoder_inputs(Builder& b) {
  return {b.input("ids", {DType::i32, kTokens, 1}), b.input("positions", {DType::i32, kTokens, 1}),
          b.input("output_rows", {DType::i32, kOutputs, 1})};
}

ValueId linear(Builder& b, const std::string& prefix, ValueId x, int64_t in, int64_t out, bool bias,
               Stored stored) {
  if (stored == Stored::columns) {
    const HeadLinear transposed{
        .heads = 1, .in_dim = in, .out_dim = out, .row_stride = in, .transposed = true};
    const ValueId y =
        b.add(transposed, bias ? prefix + ".product" : prefix, {x, b.weight(prefix + ".weight", in, out)});
    return bias ? b.add(Add{}, prefix, {y, b.vector(prefix + ".bias", out)}) : y;
  }
  std::vector<ValueId> inputs = {x, b.weight(prefix + ".weight", out, in)};
  if (bias) inputs.push_back(b.vector(prefix + ".bias", out));
  return b.add(Linear{}, prefix, std::move(inputs));
}

ValueId residual(Builder& b, const std::string& name, ValueId x, ValueId y, float scale) {
  return b.add(Add{scale}, name, {x, y});
}

}  // namespace clinfer::graph
