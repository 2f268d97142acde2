#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// Learned pooling of keys or values in native sparse attention (Yuan et al. 2025, section 3.3.1): (rows: a
/// cache or f32[context, heads * dim], embedding f32[length, dim], w1 f32[hidden, length * dim], w2 f32[dim,
/// hidden], positions i32[tokens, 1]) -> (f32[tokens, heads * dim], i32[tokens, 1]).
/// The paper's phi, "a learnable MLP with intra-block position encoding", is taken as
///   phi(x) = w2 relu(w1 [x_0 + e_0; ...; x_(length-1) + e_(length-1)])
/// for each head, weights shared. A token whose position is the last of the block [i * stride, i * stride +
/// length) gives the block's row, and i; any other gives zeros, and -1, which cache_append skips.
/// C1 rows is a cache or f32[context, n], heads * dim columns; C2 embedding, w1 and w2 are f32 of known size
/// that fit; C3 positions is i32[tokens, 1]; C4 0 < stride <= length.
struct BlockCompress {
  static constexpr std::string_view kName = "block_compress";
  int64_t heads = 1;
  int64_t dim = 1;
  int64_t stride = 1;
  int64_t length = 1;
  bool operator==(const BlockCompress&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
  /// Index of the block that a position is the last of, -1: none.
  int64_t completed(int64_t position) const {
    const int64_t first = position + 1 - length;
    return first >= 0 && first % stride == 0 ? first / stride : -1;
  }
};

}  // namespace clinfer::graph
