#include "graph/models/norm_block.h"

namespace clinfer::graph {

ValueId norm(Builder& b, const std::string& prefix, ValueId x, int64_t size, const NormBlock& s,
             int64_t heads) {
  std::vector<ValueId> inputs = {x, b.vector(prefix + ".weight", size, heads)};
  if (s.kind == NormKind::rms) return b.add(RmsNorm{s.eps, s.unit_offset}, prefix, std::move(inputs));
  if (s.bias) inputs.push_back(b.vector(prefix + ".bias", size, heads));
  return b.add(LayerNorm{s.eps, s.unit_offset}, prefix, std::move(inputs));
}

}  // namespace clinfer::graph
