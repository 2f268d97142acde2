#include "graph/models/gated_delta_block.h"

#include <cmath>

#include "graph/models/blocks.h"
#include "graph/models/limits.h"
#include "graph/models/norm_block.h"

namespace clinfer::graph {
namespace {

struct Projected {
  ValueId qkv;  ///< [q of all heads | k | v]
  ValueId z;
  ValueId beta;  ///< before its sigmoid
  ValueId a;     ///< of the decay gate
};

Projected project(Builder& b, const GatedDeltaBlock& s, const std::string& prefix, ValueId x) {
  const int64_t keys = s.key_heads * s.key_dim;
  const int64_t values = s.value_heads * s.value_dim;
  const auto of = [&](const std::string& name, int64_t cols) {
    return linear(b, prefix + "." + name, x, s.hidden, cols);
  };
  const ValueId qkv = of("in_proj_qkv", 2 * keys + values);
  const ValueId z = of("in_proj_z", values);
  const ValueId beta = of("in_proj_b", s.value_heads);
  return {qkv, z, beta, of("in_proj_a", s.value_heads)};
}

Projected project_grouped(Builder& b, const GatedDeltaBlock& s, const std::string& prefix, ValueId x) {
  const int64_t heads = s.value_heads / s.key_heads;  // of values for a key head
  const int64_t values = heads * s.value_dim;
  const int64_t group = 2 * s.key_dim + 2 * values;
  const ValueId all = linear(b, prefix + ".in_proj_qkvz", x, s.hidden, s.key_heads * group);
  const ValueId gates = linear(b, prefix + ".in_proj_ba", x, s.hidden, 2 * s.value_heads);
  const auto part = [&](const std::string& name, ValueId from, int64_t offset, int64_t width,
                        int64_t stride) {
    return b.add(Slice{offset, width, s.key_heads, stride}, prefix + "." + name, {from});
  };
  const ValueId q = part("query", all, 0, s.key_dim, group);
  const ValueId k = part("key", all, s.key_dim, s.key_dim, group);
  const ValueId v = part("value", all, 2 * s.key_dim, values, group);
  const ValueId qk = b.add(Concat{}, prefix + ".qk", {q, k});
  return {b.add(Concat{}, prefix + ".qkv", {qk, v}), part("z", all, 2 * s.key_dim + values, values, group),
          part("b", gates, 0, heads, 2 * heads), part("a", gates, heads, heads, 2 * heads)};
}

LinearAttention rule(const GatedDeltaBlock& s) {
  LinearAttention op;
  op.heads = s.value_heads;
  op.key_heads = s.key_heads;
  op.key_dim = s.key_dim;
  op.value_dim = s.value_dim;
  const int64_t keys = s.key_heads * s.key_dim;
  op.queries = {0, s.key_dim};
  op.keys = {keys, s.key_dim};
  op.values = {2 * keys, s.value_dim};
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(s.key_dim)));
  op.delta = op.normalise = true;
  return op;
}

}  // namespace

GatedDeltaBlock read_gated_delta(const Meta& config, int64_t hidden) {
  GatedDeltaBlock s;
  s.hidden = hidden;
  s.key_heads = config.integer("linear_num_key_heads", 1, kMaxHeads);
  s.value_heads = config.integer("linear_num_value_heads", 1, kMaxHeads);
  require_key(config, s.value_heads % s.key_heads == 0, "linear_num_value_heads",
              "must be a multiple of linear_num_key_heads");
  s.key_dim = config.integer("linear_key_head_dim", 1, kMaxWidth);
  s.value_dim = config.integer("linear_value_head_dim", 1, kMaxWidth);
  s.taps = config.integer_or("linear_conv_kernel_dim", 4, 2, kMaxTaps);
  s.eps = read_eps(config);
  return s;
}

ValueId gated_delta(Builder& b, const GatedDeltaBlock& s, const std::string& prefix, ValueId x,
                    ValueId positions) {
  const Projected in = s.grouped ? project_grouped(b, s, prefix, x) : project(b, s, prefix, x);
  const int64_t cols = 2 * s.key_heads * s.key_dim + s.value_heads * s.value_dim;
  const ValueId conv = b.add(CausalConv{}, prefix + ".conv1d",
                             {in.qkv, b.vector(prefix + ".conv1d.weight", s.taps, cols),
                              b.state(prefix + ".conv_state", s.taps - 1, cols), positions});
  const ValueId beta = b.add(Pointwise{Function::sigmoid}, prefix + ".beta", {in.beta});
  const ValueId decay =
      b.add(DecayGate{}, prefix + ".decay",
            {in.a, b.vector(prefix + ".A_log", s.value_heads), b.vector(prefix + ".dt_bias", s.value_heads)});
  const ValueId state = b.state(prefix + ".state", s.value_heads * s.key_dim, s.value_dim);
  ValueId y = b.add(rule(s), prefix + ".delta_rule", {conv, conv, conv, decay, state, positions, beta});
  y = norm(b, prefix + ".norm", y, s.value_dim, {.eps = s.eps});
  y = b.add(Glu{Activation::silu}, prefix + ".gated", {in.z, y});
  return linear(b, prefix + ".out_proj", y, s.value_heads * s.value_dim, s.hidden);
}

}  // namespace clinfer::graph
