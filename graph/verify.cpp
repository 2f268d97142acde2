#include "graph/verify.h"

#include <algorithm>
#include <set>

#include "quant/cache_format.h"
#include "quant/error.h"
#include "quant/format.h"

namespace clinfer::graph {
namespace {

class Verifier {
 public:
  explicit Verifier(const Graph& graph) : graph_(graph) {}

  void run() {
    check_ids();
    check_names();
    for (const Value& value : graph_.values) check_source(value);
    check_ports();
    check_nodes();
    for (size_t id = 0; id < graph_.values.size(); ++id) {
      const Value& value = graph_.values[id];
      const bool made_by_node = value.is_result() || value.alias_of >= 0;
      check(!made_by_node || defined_[id], "G3", "value " + value.name, "no node makes it");
    }
  }

 private:
  void check(bool ok, const char* constraint, const std::string& where, const std::string& message) const {
    if (!ok)
      throw Error(Fault::model, "graph " + graph_.name + ", " + where + ": " + constraint + ": " + message);
  }
  bool in_range(ValueId id) const { return id >= 0 && static_cast<size_t>(id) < graph_.values.size(); }
  static std::string where(const Node& node) { return "node " + node.name; }

  void check_ids() const {
    const auto all = [&](const std::vector<ValueId>& ids, const std::string& place) {
      for (const ValueId id : ids) check(in_range(id), "G1", place, "no value has id " + std::to_string(id));
    };
    all(graph_.inputs, "inputs");
    all(graph_.outputs, "outputs");
    for (const Node& node : graph_.nodes) {
      all(node.inputs, where(node));
      all(node.outputs, where(node));
    }
    for (const Value& value : graph_.values) {
      check(value.alias_of == -1 || in_range(value.alias_of), "G1", "value " + value.name,
            "no value has id " + std::to_string(value.alias_of));
    }
  }

  void check_names() const {
    std::set<std::string_view> values;
    for (const Value& value : graph_.values) {
      check(!value.name.empty(), "G8", "values", "a value has no name");
      check(values.insert(value.name).second, "G8", "value " + value.name, "another value has this name");
    }
    std::set<std::string_view> nodes;
    for (const Node& node : graph_.nodes) {
      check(!node.name.empty(), "G8", "nodes", "a node has no name");
      check(nodes.insert(node.name).second, "G8", where(node), "another node has this name");
    }
  }

  void check_source(const Value& value) const {
    const auto typed = [&](Dim rows, int64_t cols) {
      const Type expected{DType::f32, rows, cols};
      check(value.type == expected && rows.factor > 0 && cols > 0, "G10", "value " + value.name,
            "its source has type " + to_string(expected) + ", the value " + to_string(value.type));
    };
    const auto known = [&](const std::string& format) {
      check(quant::find_format(format) != nullptr, "G10", "value " + value.name,
            "unknown format '" + format + "'");
    };
    if (const Weight* weight = value.weight()) {
      const auto tensors = static_cast<int64_t>(weight->tensors.size());
      check(tensors == 1 || tensors == weight->experts, "G10", "value " + value.name,
            std::to_string(tensors) + " tensors for " + std::to_string(weight->experts) + " experts");
      typed(Dim{weight->experts * weight->rows}, weight->cols);
      if (!weight->format.empty()) known(weight->format);
    } else if (const Constant* constant = value.constant()) {
      typed(kOneRow, static_cast<int64_t>(constant->data.size()));
    } else if (const Cache* cache = value.cache()) {
      typed(cache->is_state() ? Dim{cache->state_rows} : kContext, cache->width);
      check(!cache->is_state() || cache->format == "f32", "G10", "value " + value.name,
            "a state is f32, not " + cache->format);
      check(quant::find_cache_format(cache->format) != nullptr, "G10", "value " + value.name,
            "unknown cache format '" + cache->format + "'");
    }
  }

  void check_ports() const {
    std::set<ValueId> inputs;
    for (const ValueId id : graph_.inputs) {
      check(graph_.value(id).is_input(), "G7", "input " + graph_.value(id).name, "is no Input value");
      check(inputs.insert(id).second, "G7", "input " + graph_.value(id).name, "is listed twice");
    }
    for (size_t id = 0; id < graph_.values.size(); ++id) {
      const Value& value = graph_.values[id];
      check(!value.is_input() || inputs.count(static_cast<ValueId>(id)) == 1, "G7", "value " + value.name,
            "is an Input that the graph's inputs lack");
    }
    check(!graph_.outputs.empty(), "G7", "outputs", "there is none");
    std::set<ValueId> outputs;
    for (const ValueId id : graph_.outputs) {
      check(graph_.value(id).is_result(), "G7", "output " + graph_.value(id).name, "is not a node's result");
      check(outputs.insert(id).second, "G7", "output " + graph_.value(id).name, "is listed twice");
    }
  }

  void check_nodes() {
    defined_.assign(graph_.values.size(), false);
    version_.assign(graph_.values.size(), -1);
    for (size_t id = 0; id < graph_.values.size(); ++id) {
      const Value& value = graph_.values[id];
      defined_[id] = !value.is_result() && value.alias_of < 0;
      version_[id] = value.alias_of < 0 ? static_cast<ValueId>(id) : -1;
    }
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      check(node.stage >= kEmbeddingStage && node.stage <= graph_.stages, "G9", where(node),
            "stage " + std::to_string(node.stage) + " is not in [-1, " + std::to_string(graph_.stages) + "]");
      for (const ValueId id : node.inputs) check_operand(node, id);
      check_types(node);
      for (size_t r = 0; r < node.outputs.size(); ++r) check_result(node, static_cast<int>(i), r);
    }
  }

  void check_operand(const Node& node, ValueId id) const {
    const Value& value = graph_.value(id);
    check(defined_[static_cast<size_t>(id)], "G2", where(node), "uses " + value.name + " before it is made");
    if (value.cache() != nullptr) {
      const ValueId root = value.alias_of < 0 ? id : value.alias_of;
      check(version_[static_cast<size_t>(root)] == id, "G5", where(node),
            "uses " + value.name + " after it was overwritten");
    }
    const bool copies = std::holds_alternative<Copy>(node.op);
    check(copies != (value.device == node.device), "G6", where(node),
          "is on device " + std::to_string(node.device) + ", its operand " + value.name + " on device " +
              std::to_string(value.device));
  }

  void check_types(const Node& node) const {
    const auto operands = graph_.operands(node);
    std::vector<Type> types;
    try {
      types = std::visit([&](const auto& op) { return op.infer(operands); }, node.op);
    } catch (const Error& error) {
      check(false, "G4", where(node), error.what());
    }
    check(types.size() == node.outputs.size(), "G4", where(node),
          "has " + std::to_string(node.outputs.size()) + " results, its op makes " +
              std::to_string(types.size()));
    for (size_t i = 0; i < types.size(); ++i) {
      const Value& value = graph_.value(node.outputs[i]);
      check(types[i] == value.type, "G4", where(node),
            "makes " + to_string(types[i]) + ", but " + value.name + " is " + to_string(value.type));
    }
  }

  void check_result(const Node& node, int index, size_t result) {
    const ValueId id = node.outputs[result];
    const Value& value = graph_.value(id);
    check(!defined_[static_cast<size_t>(id)], "G3", where(node), value.name + " is made twice or by no node");
    defined_[static_cast<size_t>(id)] = true;
    check(value.device == node.device, "G6", where(node),
          "is on device " + std::to_string(node.device) + ", its result " + value.name + " on device " +
              std::to_string(value.device));
    if (const int operand = written_operand(node.op, result); operand >= 0) {
      check_written(node, node.inputs[static_cast<size_t>(operand)], id);
    } else {
      const auto* made = std::get_if<Result>(&value.source);
      check(made != nullptr && made->node == index, "G3", where(node),
            value.name + " does not name it as its maker");
    }
  }

  void check_written(const Node& node, ValueId operand, ValueId id) {
    const Value& value = graph_.value(id);
    const Value& before = graph_.value(operand);
    const ValueId root = before.alias_of < 0 ? operand : before.alias_of;
    check(value.alias_of == root, "G5", where(node),
          value.name + " is not an alias of " + graph_.value(root).name);
    check(value.source == before.source, "G5", where(node),
          value.name + " has another spec than " + before.name);
    check(value.device == graph_.value(root).device, "G6", where(node),
          value.name + " is on another device than " + graph_.value(root).name);
    version_[static_cast<size_t>(root)] = id;
  }

  const Graph& graph_;
  std::vector<bool> defined_;     ///< by value: can be used at this point
  std::vector<ValueId> version_;  ///< by cache: the value that holds its newest contents
};

}  // namespace

void verify(const Graph& graph) {
  Verifier(graph).run();
}

}  // namespace clinfer::graph
