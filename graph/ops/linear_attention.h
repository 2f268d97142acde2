#pragma once

#include "graph/op.h"
#include "graph/ops/attention.h"

namespace clinfer::graph {

/// Linear attention with a matrix as its state S [key_dim, value_dim], one a head: lightning attention (Qin
/// et al. 2024), gated DeltaNet (Yang et al. 2024), Kimi delta attention (2025). (q, k f32[tokens, .], v
/// f32[tokens, .], decay f32[tokens or one row, heads or heads * key_dim], state [heads * key_dim,
/// value_dim], positions i32[tokens, 1], with delta beta f32[tokens, heads])
/// -> y f32[tokens, heads * value_dim], the written state. For each token in turn, and each head,
///   S = diag(decay) S
///   S = S + k u^T,   u = v, or with delta u = beta (v - S^T k)
///   y = scale * S^T q
/// Head h has the q and k of key head h / (heads / key_heads) and v of its own, at columns offset + head *
/// head_stride of their operands, which may be one matrix. With normalise q and k are first divided by
/// sqrt(sum of their squares + eps). S is zero before a call whose positions[0] is 0.
/// C1 q, k and v are f32[tokens, n] wide enough for their layouts; C2 heads is a multiple of key_heads, dims
/// are > 0; C3 decay has heads or heads * key_dim columns and one row or one a token; C4 the state is one of
/// [heads * key_dim, value_dim]; C5 positions is i32[tokens, 1]; C6 beta is there with delta only,
/// f32[tokens, heads]; C7 eps >= 0.
struct LinearAttention {
  static constexpr std::string_view kName = "linear_attention";
  int64_t heads = 1;
  int64_t key_heads = 1;
  int64_t key_dim = 1;
  int64_t value_dim = 1;
  HeadLayout queries{};
  HeadLayout keys{};
  HeadLayout values{};
  float scale = 1.0f;
  bool delta = false;
  bool normalise = false;
  float eps = 1e-6f;
  bool operator==(const LinearAttention&) const = default;
  static constexpr int written_operand(size_t result) { return result == 1 ? 4 : -1; }

  /// What one token brings to one head.
  struct Step {
    std::vector<double> query;  ///< normalised, without scale
    std::vector<double> key;    ///< normalised
    std::vector<double> decay;  ///< [key_dim]
    const double* value = nullptr;
    double beta = 1;
  };
  Step step(Inputs in, int64_t token, int64_t head) const;
  struct Change {
    double read = 0;   ///< S^T k of the decayed S
    double added = 0;  ///< u
  };
  /// Brings column `col` of a head's S, whose elements lie `stride` apart, to the token.
  Change advance(const Step& step, int64_t col, double* column, int64_t stride) const;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
};

}  // namespace clinfer::graph
