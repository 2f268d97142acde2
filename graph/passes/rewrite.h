#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace clinfer::graph {

/// Builds the node list of a changed graph over the same values: keep() what stays, emit() what is new, then
/// done().
class Rewriter {
 public:
  explicit Rewriter(Graph& graph) : graph_(graph), old_(std::move(graph.nodes)) { graph_.nodes.clear(); }

  const std::vector<Node>& old_nodes() const { return old_; }
  void keep(const Node& node) { graph_.nodes.push_back(node); }
  /// A new node in the place (stage, device) of `like`, with a new value for its one result; returns the
  /// value.
  ValueId emit(Op op, const std::string& name, std::vector<ValueId> inputs, const Node& like);
  /// The same, with `result` (an old node's) as its result.
  void emit_into(ValueId result, Op op, const std::string& name, std::vector<ValueId> inputs,
                 const Node& like);
  /// Numbers the nodes anew and verifies.
  void done();

 private:
  Graph& graph_;
  std::vector<Node> old_;
};

}  // namespace clinfer::graph
