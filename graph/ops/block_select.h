#pragma once

#include "graph/op.h"

namespace clinfer::graph {

/// The choice of blocks in native sparse attention (Yuan et al. 2025, section 3.3.2): (q f32[tokens, heads *
/// dim], compressed keys: a cache or f32[context, kv_heads * dim] whose row i stands for the tokens [i *
/// stride, i * stride + length), positions i32[tokens, 1]) -> i32[tokens, kv_heads * count], ids of blocks of
/// `block` tokens for each kv head's group of heads, in rising order, -1 where fewer blocks exist.
/// Per head p = softmax over the compressed rows that the position sees of scale * (q . key) (eq. 8). Block
/// j's importance is the sum over i of p[i] times the strides that row i shares with block j, summed over the
/// group's heads (eq. 9, whose indices count from one, and eq. 10). Of the blocks j <= position / block the
/// first `initial` and the last `local` are always chosen, then the most important, of equal ones the lower.
/// C1 q is f32[tokens, heads * dim], heads a multiple of kv_heads; C2 keys is a cache or f32[context,
/// kv_heads * dim]; C3 positions is i32[tokens, 1]; C4 stride divides length and block, length <= block,
/// initial + local <= count.
struct BlockSelect {
  static constexpr std::string_view kName = "block_select";
  int64_t heads = 1;
  int64_t kv_heads = 1;
  int64_t dim = 1;
  float scale = 1.0f;
  int64_t stride = 1;
  int64_t length = 1;
  int64_t block = 1;
  int64_t count = 1;
  int64_t initial = 0;
  int64_t local = 0;
  bool operator==(const BlockSelect&) const = default;

  std::vector<Type> infer(Operands in) const;
  void reference(Inputs in, Outputs out) const;
  Cost cost(Operands in, const Sizes& sizes) const;
  Attributes attributes() const;
  /// Importance of the blocks that token t sees, for one kv head; infinity where the block is always chosen.
  std::vector<double> importance(Inputs in, int64_t t, int64_t kv_head) const;
};

}  // namespace clinfer::graph
