#include "graph/models/mlp_block.h"

namespace clinfer::graph {

ValueId mlp(Builder& b, const MlpBlock& s, const std::string& prefix, ValueId x) {
  const auto project = [&](const std::string& name, int64_t cols) {
    return linear(b, prefix + "." + name, x, s.hidden, cols, s.bias, s.stored);
  };
  ValueId y = -1;
  if (s.form == MlpForm::plain) {
    y = b.add(Pointwise{s.plain_activation}, prefix + ".act", {project(s.up, s.intermediate)});
  } else if (s.form == MlpForm::gated_fused) {
    y = b.add(Glu{s.activation, s.intermediate}, prefix + ".act", {project(s.gate, 2 * s.intermediate)});
  } else {
    const ValueId gate = project(s.gate, s.intermediate);
    y = b.add(Glu{s.activation}, prefix + ".act", {gate, project(s.up, s.intermediate)});
  }
  return linear(b, prefix + "." + s.down, y, s.intermediate, s.hidden, s.bias, s.stored);
}

}  // namespace clinfer::graph
