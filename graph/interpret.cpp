#include "graph/interpret.h"

#include <algorithm>
#include <limits>

#include "quant/error.h"

namespace clinfer::graph {
namespace {

std::string shape_text(int64_t rows, int64_t cols) {
  return std::string("[") + std::to_string(rows) + ", " + std::to_string(cols) + "]";
}

void check_shape(const Array& array, int64_t rows, int64_t cols, const std::string& name) {
  const bool whole = array.data.size() == static_cast<size_t>(array.rows * array.cols);
  if (whole && array.rows == rows && array.cols == cols) return;
  throw Error(Fault::run, name + ": expected " + shape_text(rows, cols) + ", found " +
                              shape_text(array.rows, array.cols) + " with " +
                              std::to_string(array.data.size()) + " elements");
}

/// An array that someone else owns and keeps alive.
std::shared_ptr<const Array> borrowed(const Array& array) {
  return {std::shared_ptr<void>(), &array};
}

}  // namespace

Interpreter::Interpreter(const Graph& graph, WeightProvider weights)
    : graph_(graph), weights_(std::move(weights)), last_use_(graph.values.size(), 0) {
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    for (const ValueId id : graph_.nodes[i].inputs) last_use_[static_cast<size_t>(id)] = i;
  }
  for (const ValueId id : graph_.outputs)
    last_use_[static_cast<size_t>(id)] = std::numeric_limits<size_t>::max();
}

void Interpreter::reset() {
  caches_.clear();
}

void Interpreter::check_inputs(const Arrays& inputs, const Sizes& sizes) const {
  for (const ValueId id : graph_.inputs) {
    const Value& value = graph_.value(id);
    const auto given = inputs.find(value.name);
    if (given == inputs.end()) throw Error(Fault::run, "graph " + graph_.name + ": no input " + value.name);
    check_shape(given->second, sizes.of(value.type.rows), value.type.cols, "input " + value.name);
  }
  for (const auto& [name, array] : inputs) {
    const bool known = std::any_of(graph_.inputs.begin(), graph_.inputs.end(),
                                   [&](ValueId id) { return graph_.value(id).name == name; });
    if (!known) throw Error(Fault::run, "graph " + graph_.name + " has no input named " + name);
  }
}

/// Grows by doubling, so that decoding a token at a time does not copy the cache at each.
Array& Interpreter::cache(ValueId root, const Sizes& sizes) {
  Array& held = caches_[root];
  const Value& value = graph_.value(root);
  const int64_t rows = sizes.of(value.type.rows);
  held.cols = value.type.cols;
  if (held.rows < rows) {
    held.rows = value.cache()->is_state() ? rows : std::max(rows, 2 * held.rows);
    held.data.resize(static_cast<size_t>(held.rows * held.cols));
  }
  return held;
}

/// A ring takes the tokens of a call for those `ring` before them: nothing may read these any more.
void Interpreter::forget_overwritten(const Sizes& sizes) {
  for (auto& [root, held] : caches_) {
    const Cache& kind = *graph_.value(root).cache();
    if (kind.ring == 0) continue;
    const int64_t end = std::min(sizes.context - kind.ring, held.rows);
    for (int64_t s = std::max(kind.ring_first, sizes.context - sizes.tokens - kind.ring); s < end; ++s)
      std::fill_n(held.row(s), held.cols, std::numeric_limits<double>::quiet_NaN());
  }
}

Interpreter::Held Interpreter::operand(ValueId id, const Arrays& inputs, const Sizes& sizes) {
  const Value& value = graph_.value(id);
  if (value.is_input()) return borrowed(inputs.find(value.name)->second);
  if (value.cache() != nullptr) return borrowed(cache(value.alias_of < 0 ? id : value.alias_of, sizes));
  if (const Constant* constant = value.constant()) {
    auto array = std::make_shared<Array>(1, value.type.cols);
    std::copy(constant->data.begin(), constant->data.end(), array->data.begin());
    return array;
  }
  if (value.weight() != nullptr) {
    Held array = weights_(value);
    if (array == nullptr) throw Error(Fault::run, "weight " + value.name + ": the provider has none");
    check_shape(*array, sizes.of(value.type.rows), value.type.cols, "weight " + value.name);
    return array;
  }
  return made_[static_cast<size_t>(id)];
}

void Interpreter::run_node(const Node& node, const Arrays& inputs, const Sizes& sizes) {
  std::vector<Held> held;
  std::vector<const Array*> in;
  for (const ValueId id : node.inputs) {
    held.push_back(operand(id, inputs, sizes));
    in.push_back(held.back().get());
  }
  std::vector<Array*> out;
  for (const ValueId id : node.outputs) {
    const Value& value = graph_.value(id);
    if (value.alias_of >= 0) {
      out.push_back(&cache(value.alias_of, sizes));
      continue;
    }
    auto& array = made_[static_cast<size_t>(id)];
    array = std::make_shared<Array>(sizes.of(value.type.rows), value.type.cols);
    out.push_back(array.get());
  }
  std::visit([&](const auto& op) { op.reference(in, out); }, node.op);
}

/// Drops the operands and results of a node that no later node reads.
void Interpreter::release(size_t node) {
  for (const auto* ids : {&graph_.nodes[node].inputs, &graph_.nodes[node].outputs}) {
    for (const ValueId id : *ids) {
      if (last_use_[static_cast<size_t>(id)] <= node) made_[static_cast<size_t>(id)].reset();
    }
  }
}

Interpreter::Arrays Interpreter::run(const Arrays& inputs, const Sizes& sizes) {
  check_inputs(inputs, sizes);
  made_.assign(graph_.values.size(), nullptr);
  forget_overwritten(sizes);
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    try {
      run_node(node, inputs, sizes);
    } catch (const Error& error) {
      throw Error(error.fault(), "graph " + graph_.name + ", node " + node.name + ": " + error.what());
    }
    release(i);
  }
  Arrays outputs;
  for (const ValueId id : graph_.outputs) {
    outputs[graph_.value(id).name] = std::move(*made_[static_cast<size_t>(id)]);
  }
  made_.clear();
  return outputs;
}

}  // namespace clinfer::graph
