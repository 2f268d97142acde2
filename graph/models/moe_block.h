#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/meta.h"

namespace clinfer::graph {

/// A mixture of experts with SwiGLU experts, and a shared expert beside them (DeepSeekMoE, Dai et al. 2024).
struct MoeBlock {
  int64_t hidden = 1;
  int64_t intermediate = 1;         ///< of one expert
  int64_t shared_intermediate = 0;  ///< of the shared expert, 0: none
  Router router;
  bool choice_bias = false;  ///< mlp.gate.e_score_correction_bias
  bool stacked = false;      ///< one tensor holds all experts (GGUF), not one an expert
};

ValueId moe(Builder& b, const MoeBlock& s, const std::string& prefix, ValueId x);

}  // namespace clinfer::graph
