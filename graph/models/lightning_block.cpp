#include "graph/models/lightning_block.h"

#include <cmath>

#include "graph/models/blocks.h"
#include "graph/models/norm_block.h"

namespace clinfer::graph {
namespace {

/// exp(-slope) of each head: slope 2^(-8 (h + 1) / heads), falling with the layer (MiniMax-01, section 2.2,
/// with the checkpoint's two terms of 1e-5).
std::vector<float> decays(const LightningBlock& s, int64_t layer) {
  const double depth = 1 - static_cast<double>(layer) / (static_cast<double>(s.layers) - 1 + 1e-5) + 1e-5;
  std::vector<float> list;
  for (int64_t h = 0; h < s.heads; ++h) {
    const double slope = std::exp2(-8 * static_cast<double>(h + 1) / static_cast<double>(s.heads));
    list.push_back(static_cast<float>(std::exp(-slope * depth)));
  }
  return list;
}

}  // namespace

ValueId lightning(Builder& b, const LightningBlock& s, const std::string& prefix, ValueId x,
                  ValueId positions, int64_t layer) {
  const int64_t cols = s.heads * s.head_dim;
  const ValueId projected = linear(b, prefix + ".qkv_proj", x, s.hidden, 3 * cols);
  const ValueId qkv = b.add(Pointwise{Function::silu}, prefix + ".qkv", {projected});
  LinearAttention op;
  op.heads = op.key_heads = s.heads;
  op.key_dim = op.value_dim = s.head_dim;
  op.queries = {0, 3 * s.head_dim};
  op.keys = {s.head_dim, 3 * s.head_dim};
  op.values = {2 * s.head_dim, 3 * s.head_dim};
  const ValueId decay = b.constant(prefix + ".decay", decays(s, layer));
  const ValueId state = b.state(prefix + ".state", cols, s.head_dim);
  ValueId y = b.add(op, prefix + ".linear_attention", {qkv, qkv, qkv, decay, state, positions});
  y = norm(b, prefix + ".norm", y, cols, {.eps = s.eps});
  const ValueId gate = linear(b, prefix + ".output_gate", x, s.hidden, cols);
  y = b.add(Glu{Activation::sigmoid}, prefix + ".gated", {gate, y});
  return linear(b, prefix + ".out_proj", y, cols, s.hidden);
}

}  // namespace clinfer::graph
