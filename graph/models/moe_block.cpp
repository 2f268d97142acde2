#include "graph/models/moe_block.h"

#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// The routed experts of one module.
class Experts {
 public:
  Experts(Builder& b, const MoeBlock& s, std::string prefix, ValueId ids)
      : b_(b), s_(s), prefix_(std::move(prefix)), ids_(ids) {}

  /// x of each row (of each row and slot when per_slot) times the `rows` x `cols` matrix of its experts.
  ValueId product(const std::string& part, bool per_slot, ValueId x, int64_t rows, int64_t cols) const {
    std::vector<ValueId> in = {x, ids_, weight(part, rows, cols)};
    if (s_.expert_bias) in.push_back(b_.vector(name(part) + "_bias", rows, s_.router.experts));
    return b_.add(ExpertLinear{per_slot}, name(part), std::move(in));
  }
  std::string name(const std::string& part) const { return join(prefix_, s_.names.experts) + "." + part; }

 private:
  static std::string join(const std::string& a, const std::string& b) { return b.empty() ? a : a + "." + b; }

  ValueId weight(const std::string& part, int64_t rows, int64_t cols) const {
    const std::string stacked = name(part) + ".weight";
    std::vector<std::string> tensors;
    if (s_.stored != ExpertsStored::apart) tensors.push_back(stacked);
    for (int64_t e = 0; s_.stored == ExpertsStored::apart && e < s_.router.experts; ++e)
      tensors.push_back(name(std::to_string(e)) + "." + part + ".weight");
    return b_.expert_weight(stacked, std::move(tensors), s_.router.experts, rows, cols);
  }

  Builder& b_;
  const MoeBlock& s_;
  std::string prefix_;
  ValueId ids_;
};

ValueId routed(Builder& b, const MoeBlock& s, const std::string& prefix, ValueId x) {
  std::vector<ValueId> in = {
      linear(b, prefix + "." + s.names.router, x, s.hidden, s.router.experts, s.router_bias)};
  if (s.choice_bias) in.push_back(b.vector(prefix + "." + s.names.choice_bias, s.router.experts));
  const char* name = s.names.router == "router" ? ".choice" : ".router";  // the module's own is the logits
  const ValueId ids = b.add(s.router, prefix + name, std::move(in));
  const ValueId weights = b.result(ids, 1);
  const Experts experts(b, s, prefix, ids);
  if (s.scales_input) x = b.add(ExpertCombine{}, prefix + ".scaled", {x, weights});
  const bool in_turn = s.stored == ExpertsStored::stacked_in_turn;
  const bool fused = in_turn || s.stored == ExpertsStored::stacked_fused;
  std::vector<ValueId> gated = {
      experts.product(s.names.gate, false, x, (fused ? 2 : 1) * s.intermediate, s.hidden)};
  if (!fused) gated.push_back(experts.product(s.names.up, false, x, s.intermediate, s.hidden));
  const Glu act{s.activation, fused ? s.intermediate : 0, in_turn, s.limit, s.alpha, s.up_offset};
  const ValueId y = b.add(act, experts.name("act"), std::move(gated));
  const ValueId down = experts.product(s.names.down, true, y, s.hidden, s.intermediate);
  if (s.scales_input) return down;  // the one expert of a token
  return b.add(ExpertCombine{}, experts.name("combine"), {down, weights});
}

ValueId shared_expert(Builder& b, const MoeBlock& s, const std::string& prefix, ValueId x) {
  MlpBlock expert;
  expert.hidden = s.hidden;
  expert.intermediate = s.shared_intermediate;
  expert.activation = s.activation;
  if (s.shared_fused) {
    expert.form = MlpForm::gated_fused;
    expert.gate = s.names.gate;
    expert.down = s.names.down;
  }
  const std::string name =
      (s.names.shared_beside ? prefix.substr(0, prefix.rfind('.')) : prefix) + "." + s.names.shared;
  const ValueId y = mlp(b, expert, name, x);
  if (!s.shared_gate) return y;
  const ValueId gate = linear(b, prefix + "." + s.names.shared_gate, x, s.hidden, 1);
  const ValueId open =
      b.add(Pointwise{Function::sigmoid}, prefix + "." + s.names.shared_gate + ".sigmoid", {gate});
  return b.add(ExpertCombine{}, name + ".gated", {y, open});  // as one expert with that weight
}

}  // namespace

void require_experts_fit(const Meta& config, int64_t layers, const MoeBlock& s, std::string_view key) {
  require_key(config, layers * s.router.experts <= kMaxExpertsOfAllLayers, key,
              "times num_hidden_layers is more than " + std::to_string(kMaxExpertsOfAllLayers));
}

ValueId moe(Builder& b, const MoeBlock& s, const std::string& prefix, ValueId x) {
  const ValueId y = routed(b, s, prefix, x);
  if (s.shared_intermediate == 0) return y;
  return residual(b, prefix + ".sum", y, shared_expert(b, s, prefix, x));
}

}  // namespace clinfer::graph
