#include "graph/passes/ring_caches.h"

#include <algorithm>
#include <map>

namespace clinfer::graph {
namespace {

struct Rows {
  int64_t ring = 0;
  int64_t first = 0;
  bool operator==(const Rows&) const = default;
};

ValueId root_of(const Graph& graph, ValueId id) {
  const ValueId alias = graph.value(id).alias_of;
  return alias < 0 ? id : alias;
}

/// Caches that a node reads and does not only append to.
std::vector<ValueId> caches_read(const Graph& graph, const Node& node) {
  std::vector<ValueId> roots;
  for (const ValueId id : node.inputs) {
    if (graph.value(id).cache() != nullptr && !std::holds_alternative<CacheAppend>(node.op))
      roots.push_back(root_of(graph, id));
  }
  return roots;
}

/// What a node needs of the caches it reads; a ring of 0: all rows.
Rows rows_needed(const Graph& graph, const Node& node, int64_t tokens) {
  const auto* op = std::get_if<Attention>(&node.op);
  if (op == nullptr || op->selection.count > 0) return {};
  const auto storage = [&](int index) {
    return index < 0 || graph.value(node.inputs[static_cast<size_t>(index)]).cache() != nullptr;
  };
  if (!storage(1) || !storage(2) || !storage(op->shared_operand())) return {};
  const int64_t behind = op->mask.window > 0 ? op->mask.window : op->mask.chunk;
  return behind == 0 ? Rows{} : Rows{behind + tokens - 1, op->mask.first};
}

/// By cache: the most rows that its readers need; caches that a node reads together lie alike.
std::map<ValueId, Rows> find_rings(const Graph& graph, int64_t tokens) {
  std::map<ValueId, Rows> rings;
  std::map<ValueId, bool> whole;
  for (const Node& node : graph.nodes) {
    const Rows needed = rows_needed(graph, node, tokens);
    for (const ValueId root : caches_read(graph, node)) {
      const auto [known, fresh] = rings.emplace(root, needed);
      whole[root] = whole[root] || needed.ring == 0 || known->second != needed;
    }
  }
  for (size_t left = whole.size() + 1; left > 0; --left) {
    for (const Node& node : graph.nodes) {
      const std::vector<ValueId> roots = caches_read(graph, node);
      const bool any = std::any_of(roots.begin(), roots.end(), [&](ValueId root) { return whole[root]; });
      for (const ValueId root : roots) whole[root] = any;
    }
  }
  std::erase_if(rings, [&](const auto& entry) { return whole[entry.first]; });
  return rings;
}

}  // namespace

int ring_caches(Graph& graph, int64_t tokens, int64_t context) {
  std::map<ValueId, Rows> rings = find_rings(graph, tokens);
  std::erase_if(rings, [&](const auto& entry) { return entry.second.first + entry.second.ring >= context; });
  for (size_t i = 0; i < graph.values.size(); ++i) {
    auto* cache = std::get_if<Cache>(&graph.values[i].source);
    const auto found = cache == nullptr ? rings.end() : rings.find(root_of(graph, static_cast<ValueId>(i)));
    if (found == rings.end()) continue;
    cache->ring = found->second.ring;
    cache->ring_first = found->second.first;
  }
  for (Node& node : graph.nodes) {
    if (auto* append = std::get_if<CacheAppend>(&node.op))
      append->stored = *graph.value(node.inputs.front()).cache();
  }
  return static_cast<int>(rings.size());
}

}  // namespace clinfer::graph
