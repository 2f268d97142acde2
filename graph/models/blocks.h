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

/// How a checkpoint stores the matrix of a projection.
enum class Stored {
  rows,     ///< [out, in]
  columns,  ///< [in, out], as GPT-2's Conv1D
};

/// PREFIX.weight, and PREFIX.bias when asked for: x [r, in] -> [r, out].
ValueId linear(Builder& b, const std::string& prefix, ValueId x, int64_t in, int64_t out, bool bias = false,
               Stored stored = Stored::rows);
/// x + scale * y.
ValueId residual(Builder& b, const std::string& name, ValueId x, ValueId y, float scale = 1.0f);

}  // namespace clinfer::graph
