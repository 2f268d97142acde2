#include "graph/passes/expand_latent_attention.h"

#include "graph/passes/rewrite.h"

namespace clinfer::graph {
namespace {

struct Parts {
  ValueId q, cache, kv_b, positions;
};

void expand_naive(Rewriter& rewriter, const Node& node, const LatentAttention& op, const Parts& in) {
  const int64_t head = op.nope_dim + op.value_dim;
  const ValueId latents = rewriter.emit(Slice{0, op.rank}, node.name + ".latents", {in.cache}, node);
  const ValueId kv = rewriter.emit(Linear{}, node.name + ".kv_b_proj", {latents, in.kv_b}, node);
  Attention attention;
  attention.heads = attention.kv_heads = op.heads;
  attention.key_dim = op.nope_dim;
  attention.value_dim = op.value_dim;
  attention.shared_dim = op.rope_dim;
  attention.keys = {0, head};
  attention.values = {op.nope_dim, head};
  attention.shared_offset = op.rank;
  attention.scale = op.scale;
  rewriter.emit_into(node.outputs.front(), attention, node.name, {in.q, kv, kv, in.positions, in.cache},
                     node);
}

void expand_absorbed(Rewriter& rewriter, const Node& node, const LatentAttention& op, const Parts& in) {
  const int64_t head = op.nope_dim + op.value_dim;
  HeadLinear into_latent{op.heads, op.nope_dim, op.rank, op.rope_dim, head, 0, true};
  const ValueId q = rewriter.emit(into_latent, node.name + ".absorb_q", {in.q, in.kv_b}, node);
  Attention attention;
  attention.heads = op.heads;
  attention.kv_heads = 1;
  attention.key_dim = op.rank + op.rope_dim;
  attention.value_dim = op.rank;
  attention.scale = op.scale;
  const ValueId u =
      rewriter.emit(attention, node.name + ".latent_attention", {q, in.cache, in.cache, in.positions}, node);
  HeadLinear out_of_latent{op.heads, op.rank, op.value_dim, 0, head, op.nope_dim, false};
  rewriter.emit_into(node.outputs.front(), out_of_latent, node.name, {u, in.kv_b}, node);
}

}  // namespace

void expand_latent_attention(Graph& graph, LatentForm form) {
  Rewriter rewriter(graph);
  for (const Node& node : rewriter.old_nodes()) {
    const auto* op = std::get_if<LatentAttention>(&node.op);
    if (op == nullptr) {
      rewriter.keep(node);
      continue;
    }
    const Parts in{node.inputs[0], node.inputs[1], node.inputs[2], node.inputs[3]};
    form == LatentForm::naive ? expand_naive(rewriter, node, *op, in)
                              : expand_absorbed(rewriter, node, *op, in);
  }
  rewriter.done();
}

}  // namespace clinfer::graph
