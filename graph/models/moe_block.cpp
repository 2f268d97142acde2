#include "graph/models/moe_block.h"

#include "graph/models/blocks.h"

namespace clinfer::graph {
namespace {

ValueId expert_weight(Builder& b, const MoeBlock& s, const std::string& prefix, const std::string& part,
                      int64_t rows, int64_t cols) {
  const std::string stacked = prefix + ".experts." + part + ".weight";
  std::vector<std::string> tensors;
  if (s.stacked) tensors.push_back(stacked);
  for (int64_t e = 0; !s.stacked && e < s.router.experts; ++e) {
    tensors.push_back(prefix + ".experts." + std::to_string(e) + "." + part + ".weight");
  }
  return b.expert_weight(stacked, std::move(tensors), s.router.experts, rows, cols);
}

ValueId routed(Builder& b, const MoeBlock& s, const std::string& prefix, ValueId x) {
  const ValueId logits = linear(b, prefix + ".gate", x, s.hidden, s.router.experts);
  std::vector<ValueId> in = {logits};
  if (s.choice_bias) in.push_back(b.vector(prefix + ".gate.e_score_correction_bias", s.router.experts));
  const ValueId ids = b.add(s.router, prefix + ".router", std::move(in));
  const ValueId weights = b.result(ids, 1);
  const auto expert = [&](const std::string& part, bool per_slot, ValueId input, int64_t rows, int64_t cols) {
    return b.add(ExpertLinear{per_slot}, prefix + ".experts." + part,
                 {input, ids, expert_weight(b, s, prefix, part, rows, cols)});
  };
  const ValueId gate = expert("gate_proj", false, x, s.intermediate, s.hidden);
  const ValueId up = expert("up_proj", false, x, s.intermediate, s.hidden);
  const ValueId y = b.add(Glu{Activation::silu}, prefix + ".experts.act", {gate, up});
  const ValueId down = expert("down_proj", true, y, s.hidden, s.intermediate);
  return b.add(ExpertCombine{}, prefix + ".experts.combine", {down, weights});
}

}  // namespace

ValueId moe(Builder& b, const MoeBlock& s, const std::string& prefix, ValueId x) {
  const ValueId y = routed(b, s, prefix, x);
  if (s.shared_intermediate == 0) return y;
  const ValueId shared = swiglu(b, prefix + ".shared_experts", x, s.hidden, s.shared_intermediate, false);
  return residual(b, prefix + ".sum", y, shared);
}

}  // namespace clinfer::graph
