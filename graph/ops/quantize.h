#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// The formats that activations may be quantised to: bf16, or codes of one byte, scales for blocks of one
/// row.
inline constexpr std::string_view kActivationFormats[] = {"bf16", "fp8_e4m3_1x128", "int8_g32", "mxint8"};

/// Magnitude, comparison, division and rounding of an element.
inline constexpr double kRoundingFlops = 4;

/// Whether `cols` columns are whole blocks of an activation format.
bool fills_blocks(std::string_view format, int64_t cols);

bool is_activation_format(std::string_view format);

/// Rounds each row of `values` to what `format`, one of kActivationFormats, holds of it.
void round_rows(std::string_view format, Array& values);

/// x f32[r, k] -> f32[r, k] held in `format`, each row encoded by the format's default rule: what reads it
/// computes with the rounded values.
/// C1 x is plain f32; C2 the format is one of kActivationFormats.
struct Quantize {
  static constexpr std::string_view kName = "quantize";
  std::string format;
  bool operator==(const Quantize&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const { return {{"format", format}}; }
};

}  // namespace clinfer::graph
