#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Depthwise causal convolution over the tokens, k taps a column (Mamba, Gu and Dao 2023; Qwen3-Next, KDA):
/// (x f32[tokens, n], weight [n, k], state [k - 1, n], positions i32[tokens, 1], optional bias [1, n])
/// -> y f32[tokens, n], the written state.
///   y[t, c] = act(bias[c] + sum_j weight[c, j] x[t - (k - 1) + j, c]),   act = silu or nothing
/// Rows of x before the call are the state's, its last row the latest; they are zeros when positions[0] is 0.
/// The new state is the last k - 1 rows so far.
/// C1 x is f32[tokens, n]; C2 the weight is f32[n, k], k >= 2; C3 the state is one of [k - 1, n]; C4
/// positions is i32[tokens, 1]; C5 a bias is f32[1, n].
struct CausalConv {
  static constexpr std::string_view kName = "causal_conv";
  bool silu = true;
  bool operator==(const CausalConv&) const = default;
  static constexpr int written_operand(size_t result) { return result == 1 ? 2 : -1; }

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph
