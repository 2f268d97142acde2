#pragma once

#include <variant>

#include "graph/ops/add.h"
#include "graph/ops/attention.h"
#include "graph/ops/block_compress.h"
#include "graph/ops/block_select.h"
#include "graph/ops/cache_append.h"
#include "graph/ops/causal_conv.h"
#include "graph/ops/concat.h"
#include "graph/ops/copy.h"
#include "graph/ops/decay_gate.h"
#include "graph/ops/embedding.h"
#include "graph/ops/expert_combine.h"
#include "graph/ops/expert_linear.h"
#include "graph/ops/gated_sum.h"
#include "graph/ops/glu.h"
#include "graph/ops/head_linear.h"
#include "graph/ops/latent_attention.h"
#include "graph/ops/layer_norm.h"
#include "graph/ops/lightning_indexer.h"
#include "graph/ops/linear.h"
#include "graph/ops/linear_attention.h"
#include "graph/ops/pointwise.h"
#include "graph/ops/position_scale.h"
#include "graph/ops/quantize.h"
#include "graph/ops/rms_norm.h"
#include "graph/ops/rope.h"
#include "graph/ops/router.h"
#include "graph/ops/select_rows.h"
#include "graph/ops/slice.h"

namespace clinfer::graph {

/// THE list of ops.
using Op = std::variant<Embedding, RmsNorm, LayerNorm, Pointwise, PositionScale, Linear, HeadLinear, Rope,
                        Slice, Concat, Add, Glu, CacheAppend, Attention, LatentAttention, Router,
                        ExpertLinear, ExpertCombine, SelectRows, Copy, Quantize, CausalConv, DecayGate,
                        LinearAttention, LightningIndexer, BlockSelect, BlockCompress, GatedSum>;

inline std::string_view name_of(const Op& op) {
  return std::visit([](const auto& o) { return o.kName; }, op);
}

/// The operand, a cache, whose memory a result is; -1 when the result has its own. Ops that write caches say
/// so by a member of this name.
inline int written_operand(const Op& op, size_t result) {
  return std::visit(
      [&](const auto& o) {
        if constexpr (requires { o.written_operand(result); }) return o.written_operand(result);
        return -1;
      },
      op);
}

}  // namespace clinfer::graph
