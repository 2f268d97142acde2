#pragma once

#include <string>

#include "graph/op.h"

namespace clinfer::graph {

enum class Activation { silu, gelu_tanh, sigmoid };

/// silu(x) = x / (1 + exp(-x)); gelu_tanh(x) = x / (1 + exp(-2 u)) with u = sqrt(2 / pi) (x + 0.044715 x^3),
/// which equals x / 2 (1 + tanh u) (Hendrycks and Gimpel 2016); sigmoid(x) = 1 / (1 + exp(-x)).
double activate(Activation activation, double x);

/// Gated linear unit (Shazeer 2020): y = activation(gate) * up.
/// (gate f32[r, n], up f32[r, n]) -> f32[r, n], or, with width > 0, both in one operand:
/// (x f32[r, slots * 2 * width]) -> f32[r, slots * width], each slot [gate | up], or with `interleaved` gate
/// and up in turn. The clamped form of gpt-oss (OpenAI 2025) is
///   gate = min(gate, limit), up = min(max(up, -limit), limit) when limit > 0;
///   y = gate / (1 + exp(-alpha gate)) * (up + up_offset).
/// With a format of activations y is held in it, rounded as Quantize does.
/// C1 both have the same type, f32; C2 with width > 0 there is one operand, f32 with a multiple of 2 * width
/// columns, else there are two, not interleaved; C3 limit >= 0, and alpha is 1 unless the activation is silu;
/// C4 the format is none or one of kActivationFormats.
struct Glu {
  static constexpr std::string_view kName = "glu";
  Activation activation = Activation::silu;
  int64_t width = 0;
  bool interleaved = false;
  float limit = 0.0f;  ///< 0: none
  float alpha = 1.0f;
  float up_offset = 0.0f;
  std::string format{};  ///< of y; empty: plain f32
  bool operator==(const Glu&) const = default;

  /// True when limit, alpha or up_offset change anything.
  bool clamped() const { return limit > 0 || alpha != 1.0f || up_offset != 0.0f; }
  /// Columns of gate and up in the operand (or operands) for column `c` of the result.
  struct Pair {
    int64_t gate;
    int64_t up;
  };
  Pair columns_of(int64_t c) const;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph
