#include "graph/models/kimi_delta_block.h"

#include <cmath>

#include "graph/models/blocks.h"
#include "graph/models/norm_block.h"

namespace clinfer::graph {

ValueId kimi_delta(Builder& b, const KimiDeltaBlock& s, const std::string& prefix, ValueId x,
                   ValueId positions) {
  const int64_t cols = s.heads * s.dim;
  const auto convolved = [&](const std::string& part) {
    const std::string name = prefix + "." + part;
    const ValueId y = linear(b, name + "_proj", x, s.hidden, cols);
    const ValueId weight = b.vector(name + "_conv1d.weight", s.taps, cols);
    return b.add(CausalConv{}, name + "_conv1d",
                 {y, weight, b.state(name + "_conv_state", s.taps - 1, cols), positions});
  };
  const auto low_rank = [&](const std::string& part) {
    const std::string name = prefix + "." + part;
    return linear(b, name + "_b_proj", linear(b, name + "_a_proj", x, s.hidden, s.dim), s.dim, cols);
  };
  const ValueId q = convolved("q");
  const ValueId k = convolved("k");
  const ValueId v = convolved("v");
  const ValueId decay =
      b.add(DecayGate{}, prefix + ".decay",
            {low_rank("f"), b.vector(prefix + ".A_log", 1, s.heads), b.vector(prefix + ".dt_bias", cols)});
  const ValueId beta = b.add(Pointwise{Function::sigmoid}, prefix + ".beta",
                             {linear(b, prefix + ".b_proj", x, s.hidden, s.heads)});
  LinearAttention op;
  op.heads = op.key_heads = s.heads;
  op.key_dim = op.value_dim = s.dim;
  op.queries = op.keys = op.values = {0, s.dim};
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(s.dim)));
  op.delta = op.normalise = true;
  const ValueId state = b.state(prefix + ".state", cols, s.dim);
  ValueId y = b.add(op, prefix + ".delta_rule", {q, k, v, decay, state, positions, beta});
  y = norm(b, prefix + ".o_norm", y, s.dim, {.eps = s.eps});
  y = b.add(Glu{Activation::sigmoid}, prefix + ".gated", {low_rank("g"), y});
  return linear(b, prefix + ".o_proj", y, cols, s.hidden);
}

}  // namespace clinfer::graph
