#include "graph/passes/stream_attention.h"

#include <map>

#include "graph/passes/rewrite.h"
#include "quant/error.h"

namespace clinfer::graph {
namespace {

[[noreturn]] void refuse(const Node& node, const std::string& why) {
  throw Error(Fault::usage, "kv_cache.window: " + node.name + " " + why);
}

void check(const Graph& graph, const Node& node) {
  if (std::holds_alternative<Embedding>(node.op) && node.inputs[0] == graph.find("positions"))
    refuse(node, "has a row for each position of the text");
  if (std::holds_alternative<LatentAttention>(node.op))
    refuse(node, "attends to latents, of which all of the context is kept");
  const auto* op = std::get_if<Attention>(&node.op);
  if (op == nullptr) return;
  if (op->alibi) refuse(node, "has slopes over distances in the text");
  if (op->selection.count > 0 || op->views != QueryViews::one || op->mask.stride > 1)
    refuse(node, "chooses or rotates its rows by itself");
}

/// Rewrites the attention of one graph.
class Streamer {
 public:
  Streamer(Graph& graph, const Stream& stream) : rewriter_(graph), stream_(stream) {
    const auto& nodes = rewriter_.old_nodes();
    for (size_t i = 0; i < nodes.size(); ++i)
      for (const ValueId id : nodes[i].outputs) makers_[id] = i;
  }

  void run() {
    for (const Node& node : rewriter_.old_nodes()) {
      const auto* op = std::get_if<Attention>(&node.op);
      if (op != nullptr && op->mask.window == 0 && op->mask.chunk == 0) {
        rewrite(node, *op);
      } else {
        rewriter_.keep(node);
      }
    }
    rewriter_.done();
  }

 private:
  const Node* maker(ValueId id) const {
    const auto found = makers_.find(id);
    return found == makers_.end() ? nullptr : &rewriter_.old_nodes()[found->second];
  }

  /// The query again with its rotation limited; -1 when nothing rotates it.
  ValueId limited(ValueId q) {
    const Node* node = maker(q);
    if (node == nullptr) return -1;
    std::vector<ValueId> inputs = node->inputs;
    if (const auto* rope = std::get_if<Rope>(&node->op)) {
      Rope copy = *rope;
      copy.limit = stream_.first + stream_.window - 1;
      return rewriter_.emit(copy, node->name + ".of_first", inputs, *node);
    }
    const bool norm = std::holds_alternative<RmsNorm>(node->op) ||
                      std::holds_alternative<LayerNorm>(node->op) ||
                      std::holds_alternative<Pointwise>(node->op);
    if (!norm) return -1;
    inputs[0] = limited(inputs[0]);
    return inputs[0] < 0 ? -1 : rewriter_.emit(node->op, node->name + ".of_first", inputs, *node);
  }

  void rewrite(const Node& node, Attention op) {
    op.mask.window = stream_.window;
    op.mask.first = stream_.first;
    std::vector<ValueId> inputs = node.inputs;
    const ValueId second = stream_.first > 0 ? limited(inputs[0]) : -1;
    if (second >= 0) {
      op.views = QueryViews::first_rows;
      inputs[0] = rewriter_.emit(Concat{}, node.name + ".views", {inputs[0], second}, node);
    }
    rewriter_.emit_into(node.outputs.front(), op, node.name, inputs, node);
  }

  Rewriter rewriter_;
  Stream stream_;
  std::map<ValueId, size_t> makers_;
};

}  // namespace

void stream_attention(Graph& graph, const Stream& stream) {
  for (const Node& node : graph.nodes) check(graph, node);
  Streamer(graph, stream).run();
}

}  // namespace clinfer::graph
