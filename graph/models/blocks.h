#pragma once

#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// The three inputs of a main graph.
struct DecoderInputs {
  ValueId ids;
  ValueId positions;
  ValueId output_rows;
};
DecoderInputs add_decoder_inputs(Builder& b);

/// PREFIX.weight, and PREFIX.bias when asked for: x [r, in] -> [r, out].
ValueId linear(Builder& b, const std::string& prefix, ValueId x, int64_t in, int64_t out, bool bias = false);
/// PREFIX.weight over groups of `size` columns.
ValueId rms_norm(Builder& b, const std::string& prefix, ValueId x, int64_t size, float eps);
/// down_proj(silu(gate_proj x) * up_proj x) under PREFIX.
ValueId swiglu(Builder& b, const std::string& prefix, ValueId x, int64_t hidden, int64_t intermediate,
               bool bias);
ValueId residual(Builder& b, const std::string& name, ValueId x, ValueId y);

}  // namespace clinfer::graph
