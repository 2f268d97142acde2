#include "graph/models/blocks.h"

namespace clinfer::graph {

DecoderInputs add_decoder_inputs(Builder& b) {
  return {b.input("ids", {DType::i32, kTokens, 1}), b.input("positions", {DType::i32, kTokens, 1}),
          b.input("output_rows", {DType::i32, kOutputs, 1})};
}

ValueId linear(Builder& b, const std::string& prefix, ValueId x, int64_t in, int64_t out, bool bias) {
  std::vector<ValueId> inputs = {x, b.weight(prefix + ".weight", out, in)};
  if (bias) inputs.push_back(b.vector(prefix + ".bias", out));
  return b.add(Linear{}, prefix, std::move(inputs));
}

ValueId rms_norm(Builder& b, const std::string& prefix, ValueId x, int64_t size, float eps) {
  return b.add(RmsNorm{eps}, prefix, {x, b.vector(prefix + ".weight", size)});
}

ValueId swiglu(Builder& b, const std::string& prefix, ValueId x, int64_t hidden, int64_t intermediate,
               bool bias) {
  const ValueId gate = linear(b, prefix + ".gate_proj", x, hidden, intermediate, bias);
  const ValueId up = linear(b, prefix + ".up_proj", x, hidden, intermediate, bias);
  const ValueId y = b.add(Glu{Activation::silu}, prefix + ".act", {gate, up});
  return linear(b, prefix + ".down_proj", y, intermediate, hidden, bias);
}

ValueId residual(Builder& b, const std::string& name, ValueId x, ValueId y) {
  return b.add(Add{}, name, {x, y});
}

}  // namespace clinfer::graph
