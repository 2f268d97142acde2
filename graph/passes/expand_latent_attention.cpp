#include "graph/passes/expand_latent_attention.h"

#include "graph/passes/rewrite.h"

namespace clinfer::graph {
namespace {

struct Parts {
  ValueId q, cache, kv_b, positions;
  std::vector<ValueId> selected;  ///< one, or none

  /// Operands of an attention, with the chosen rows where there are some.
  std::vector<ValueId> with_selected(std::vector<ValueId> operands) const {
    operands.insert(operands.end(), selected.begin(), selected.end());
    return operands;
  }
};

void expand_naive(Rewriter& rewriter, const Node& node, const LatentAttention& op, const Parts& in) {
  const ValueId latents = rewriter.emit(Slice{0, op.rank}, node.name + ".latents", {in.cache}, node);
  const ValueId kv = rewriter.emit(Linear{}, node.name + ".kv_b_proj", {latents, in.kv_b}, node);
  rewriter.emit_into(node.outputs.front(), op.naive(), node.name,
                     in.with_selected({in.q, kv, kv, in.positions, in.cache}), node);
}

void expand_absorbed(Rewriter& rewriter, const Node& node, const LatentAttention& op, const Parts& in) {
  const int64_t head = op.nope_dim + op.value_dim;
  HeadLinear into_latent{op.heads, op.nope_dim, op.rank, op.rope_dim, head, 0, true};
  const ValueId q = rewriter.emit(into_latent, node.name + ".absorb_q", {in.q, in.kv_b}, node);
  const ValueId u = rewriter.emit(op.absorbed(), node.name + ".latent_attention",
                                  in.with_selected({q, in.cache, in.cache, in.positions}), node);
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
    const Parts in{node.inputs[0],
                   node.inputs[1],
                   node.inputs[2],
                   node.inputs[3],
                   {node.inputs.begin() + 4, node.inputs.end()}};
    form == LatentForm::naive ? expand_naive(rewriter, node, *op, in)
                              : expand_absorbed(rewriter, node, *op, in);
  }
  rewriter.done();
}

}  // namespace clinfer::graph
