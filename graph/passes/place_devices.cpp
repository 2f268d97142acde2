#include "graph/passes/place_devices.h"

#include <map>
#include <utility>

#include "graph/passes/rewrite.h"

namespace clinfer::graph {
namespace {

class Placer {
 public:
  explicit Placer(Graph& graph) : graph_(graph), rewriter_(graph) {}

  void run(const Placement& placement) {
    for (const Node& old : rewriter_.old_nodes()) {
      Node node = old;
      node.device = placement.at(static_cast<size_t>(node.stage + 1));
      for (ValueId& id : node.inputs) id = on_device(id, node);
      for (ValueId id : node.outputs) graph_.value(id).device = node.device;
      rewriter_.keep(node);
    }
    rewriter_.done();
  }

 private:
  /// The value that stands for `id` on the node's device.
  ValueId on_device(ValueId id, const Node& node) {
    const Value& value = graph_.value(id);
    const bool held = value.weight() != nullptr || value.constant() != nullptr ||
                      (value.cache() != nullptr && value.alias_of < 0);
    const bool movable = held || value.is_input();
    if (movable && claimed_.emplace(id, node.device).second) graph_.value(id).device = node.device;
    if (graph_.value(id).device == node.device) return id;
    const auto [it, fresh] = elsewhere_.try_emplace({id, node.device}, -1);
    if (fresh) it->second = held ? duplicate(id, node.device) : copy(id, node);
    return it->second;
  }

  ValueId duplicate(ValueId id, int device) {
    Value twin = graph_.value(id);
    twin.name += "@" + std::to_string(device);
    twin.device = device;
    graph_.values.push_back(std::move(twin));
    return static_cast<ValueId>(graph_.values.size()) - 1;
  }

  ValueId copy(ValueId id, const Node& like) {
    return rewriter_.emit(Copy{}, graph_.value(id).name + "@" + std::to_string(like.device), {id}, like);
  }

  Graph& graph_;
  Rewriter rewriter_;
  std::map<ValueId, int> claimed_;
  std::map<std::pair<ValueId, int>, ValueId> elsewhere_;
};

}  // namespace

void place_devices(Graph& graph, const Placement& placement) {
  Placer(graph).run(placement);
}

}  // namespace clinfer::graph
