#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/meta.h"
#include "graph/models/mlp_block.h"

namespace clinfer::graph {

enum class ExpertsStored {
  apart,            ///< a tensor an expert: EXPERTS.7.GATE.weight
  stacked,          ///< all experts in one tensor: EXPERTS.GATE.weight
  stacked_fused,    ///< the same, an expert's gate and up as the upper and lower half of one matrix:
                    ///< GATE.weight
  stacked_in_turn,  ///< the same, but the rows of gate and up are in turn
};

/// The names of a mixture's tensors under its module.
struct MoeNames {
  std::string router = "gate";
  std::string choice_bias = "gate.e_score_correction_bias";
  std::string experts = "experts";
  std::string gate = "gate_proj";
  std::string up = "up_proj";
  std::string down = "down_proj";
  std::string shared = "shared_experts";
  std::string shared_gate = "shared_expert_gate";
  bool shared_beside = false;  ///< SHARED stands beside the mixture's module, not in it
};

/// A mixture of gated experts, and a shared expert beside them (DeepSeekMoE, Dai et al. 2024).
struct MoeBlock {
  int64_t hidden = 1;
  int64_t intermediate = 1;         ///< of one expert
  int64_t shared_intermediate = 0;  ///< of the shared expert, 0: none
  Router router;
  bool router_bias = false;   ///< ROUTER.bias, of the logits
  bool expert_bias = false;   ///< EXPERTS.GATE_bias [experts, rows] and the like, of each expert's matrices
  bool scales_input = false;  ///< an expert's weight scales what it reads, not what it gives; one a token
  bool choice_bias = false;   ///< an expert's score is chosen by with a bias, but weighed without
  bool shared_fused = false;  ///< the shared expert's gate and up are one matrix: SHARED.GATE
  bool shared_gate = false;   ///< the shared expert's output is scaled by sigmoid(SHARED_GATE x)
  Activation activation = Activation::silu;
  float limit = 0.0f;  ///< these three of graph::Glu, of routed experts
  float alpha = 1.0f;
  float up_offset = 0.0f;
  ExpertsStored stored = ExpertsStored::apart;
  MoeNames names;
};

/// Throws Error(Fault::model) naming `key` when all layers together would have too many experts.
void require_experts_fit(const Meta& config, int64_t layers, const MoeBlock& s, std::string_view key);

/// `prefix` is the module's name: "model.layers.3.mlp".
ValueId moe(Builder& b, const MoeBlock& s, const std::string& prefix, ValueId x);

}  // namespace clinfer::graph
