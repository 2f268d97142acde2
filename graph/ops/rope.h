#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Which two elements of a head form the pair that is rotated: (i, i + rope_dim / 2) or (2i, 2i + 1).
enum class RopePairing { half, interleaved };

/// Rotary position embedding (Su et al. 2021) on columns [offset, offset + rope_dim) of every head:
/// (x f32[tokens, heads * head_dim], positions i32[tokens, 1], inv_freq constant [1, rope_dim / 2]) -> f32
/// like x. angle = fp32(p * inv_freq), as HF computes it, with p = min(position % period + shift, limit); the
/// rotated pair is multiplied by `scale`. Scaling rules (YaRN, llama3, linear) are in inv_freq and scale.
/// Results stay where they were. C1 x is f32 and its columns are a multiple of head_dim; C2 offset + rope_dim
/// <= head_dim, rope_dim even; C3 inv_freq has rope_dim / 2 columns; C4 positions is i32 with one column and
/// x's rows; C5 period, shift and limit are not negative.
struct Rope {
  static constexpr std::string_view kName = "rope";
  int64_t head_dim = 2;
  int64_t offset = 0;
  int64_t rope_dim = 2;
  RopePairing pairing = RopePairing::half;
  float scale = 1.0f;
  int64_t period = 0;  ///< 0: none
  int64_t shift = 0;
  int64_t limit = 0;  ///< 0: none
  bool operator==(const Rope&) const = default;

  /// The position that a token at `position` is rotated for.
  int64_t rotated_position(int64_t position) const;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph
