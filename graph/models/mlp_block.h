#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/models/blocks.h"

namespace clinfer::graph {

enum class MlpForm {
  gated,        ///< down(activation(gate x) * up x)
  gated_fused,  ///< the same, gate and up as the upper and lower half of one matrix
  plain,        ///< down(activation(up x))
};

/// A feed-forward network and the names its tensors have.
struct MlpBlock {
  int64_t hidden = 1;
  int64_t intermediate = 1;
  MlpForm form = MlpForm::gated;
  Activation activation = Activation::silu;
  Function plain_activation = Function::gelu_tanh;  ///< of a plain one
  bool bias = false;
  Stored stored = Stored::rows;
  std::string gate = "gate_proj";  ///< of the fused matrix too
  std::string up = "up_proj";
  std::string down = "down_proj";
};

ValueId mlp(Builder& b, const MlpBlock& s, const std::string& prefix, ValueId x);

}  // namespace clinfer::graph
