#include "graph/passes/find_rotations.h"

#include <algorithm>
#include <set>

#include "quant/error.h"

namespace clinfer::graph {
namespace {

[[noreturn]] void fail(const Node& node, const std::string& what) {
  throw Error(Fault::usage, "the residual stream cannot be rotated: " + node.name + " " + what);
}

/// A graph with the answers to who makes and who reads a value.
class Flow {
 public:
  explicit Flow(const Graph& graph) : graph_(graph) {
    for (const Node& node : graph.nodes) {
      for (const ValueId id : node.inputs) readers_[id].push_back(&node);
      for (const ValueId id : node.outputs) makers_[id] = &node;  // also of a written cache
    }
  }

  const Node* maker(ValueId id) const {
    const auto found = makers_.find(id);
    return found == makers_.end() ? nullptr : found->second;
  }

  const std::vector<const Node*>& readers(ValueId id) const {
    static const std::vector<const Node*> kNone;
    const auto found = readers_.find(id);
    return found == readers_.end() ? kNone : found->second;
  }

  /// The only reader, where it is an Op that reads the value as its first operand; nullptr otherwise.
  template <class Op>
  const Node* only_reader(ValueId id) const {
    const auto& list = readers(id);
    const bool is_op =
        list.size() == 1 && std::holds_alternative<Op>(list[0]->op) && list[0]->inputs[0] == id;
    return is_op ? list[0] : nullptr;
  }

  template <class Op>
  const Node* maker_of(ValueId id) const {
    const Node* node = maker(id);
    return node != nullptr && std::holds_alternative<Op>(node->op) ? node : nullptr;
  }

  const Weight& weight(ValueId id) const { return *graph_.value(id).weight(); }

 private:
  const Graph& graph_;
  std::map<ValueId, const Node*> makers_;
  std::map<ValueId, std::vector<const Node*>> readers_;
};

void rotate_outputs(const Flow& flow, const Node& linear, const quant::Rotation& rotation,
                    Rotations& rotations) {
  const size_t matrix = std::holds_alternative<ExpertLinear>(linear.op) ? 2 : 1;
  for (size_t i = matrix; i < linear.inputs.size(); ++i) {  // the matrix, and its bias
    for (const std::string& tensor : flow.weight(linear.inputs[i]).tensors)
      rotations.tensors[tensor].rows = rotation;
  }
}

void rotate_head_values(const Flow& flow, const Node& node, const Attention& op, Rotations& rotations) {
  const Node* append = flow.maker_of<CacheAppend>(node.inputs[2]);
  const Node* values = append == nullptr ? nullptr : flow.maker_of<Linear>(append->inputs[1]);
  const Node* reader = flow.only_reader<Linear>(node.outputs[0]);
  const bool plain = op.values == HeadLayout{0, op.value_dim};
  if (values == nullptr || reader == nullptr || !plain || flow.readers(values->outputs[0]).size() != 1)
    return;
  const quant::Rotation of_head{op.value_dim, 0, op.value_dim};
  rotate_outputs(flow, *values, of_head, rotations);
  rotations.tensors[flow.weight(reader->inputs[1]).tensors.front()].columns = of_head;
}

void rotate_latent_values(const Flow& flow, const Node& node, const LatentAttention& op,
                          Rotations& rotations) {
  const Node* reader = flow.only_reader<Linear>(node.outputs[0]);
  if (reader == nullptr) return;
  rotations.tensors[flow.weight(node.inputs[2]).tensors.front()].rows = {op.nope_dim + op.value_dim,
                                                                         op.nope_dim, op.value_dim};
  rotations.tensors[flow.weight(reader->inputs[1]).tensors.front()].columns = {op.value_dim, 0, op.value_dim};
}

/// Follows the residual stream through a graph.
class Stream {
 public:
  Stream(const Graph& graph, Rotations& rotations) : graph_(graph), flow_(graph), rotations_(rotations) {}

  void rotate() {
    for (const Node& node : graph_.nodes) {
      if (std::holds_alternative<Embedding>(node.op)) begin(node);
      const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(),
                                     [&](ValueId id) { return values_.contains(id); });
      if (reads) pass(node);
    }
    for (const ValueId id : graph_.outputs) {
      if (values_.contains(id)) fail(*flow_.maker(id), "is an output of the graph");
    }
  }

 private:
  void begin(const Node& node) {
    const Weight& table = flow_.weight(node.inputs[1]);
    rotation_ = {table.cols, 0, table.cols};
    rotations_.tensors[table.tensors.front()].columns = rotation_;
    table_ = node.inputs[1];
    values_.insert(node.outputs[0]);
  }

  /// A node that reads the stream.
  void pass(const Node& node) {
    if (std::holds_alternative<SelectRows>(node.op)) {
      values_.insert(node.outputs[0]);
    } else if (std::holds_alternative<Add>(node.op)) {
      for (const ValueId id : node.inputs) {
        if (!values_.contains(id)) write(id, node);
      }
      values_.insert(node.outputs[0]);
    } else if (std::holds_alternative<RmsNorm>(node.op)) {
      const Weight& weight = flow_.weight(node.inputs[1]);
      if (weight.cols != rotation_.size) fail(node, "norms parts of it");
      const auto* norm = std::get_if<RmsNorm>(&node.op);
      for (const auto& [name, value] : norm->attributes()) {
        if (name == "unit_offset") fail(node, "has a weight that is its distance from one");
      }
      rotations_.tensors[weight.tensors.front()].ones = true;
      read(node, node.outputs[0], weight.tensors.front());
    } else {
      fail(node, "reads it without a norm");
    }
  }

  /// `id` is added to the stream.
  void write(ValueId id, const Node& to) {
    const Node* maker = flow_.maker(id);
    if (maker == nullptr || flow_.readers(id).size() != 1) fail(to, "adds what others read too");
    if (std::holds_alternative<Linear>(maker->op)) {
      rotate_outputs(flow_, *maker, rotation_, rotations_);
    } else if (std::holds_alternative<Add>(maker->op)) {
      for (const ValueId part : maker->inputs) write(part, *maker);
    } else if (const Node* experts = std::holds_alternative<ExpertCombine>(maker->op)
                                         ? flow_.maker_of<ExpertLinear>(maker->inputs[0])
                                         : nullptr) {
      rotate_outputs(flow_, *experts, rotation_, rotations_);
    } else {
      fail(to, "adds the result of " + maker->name);
    }
  }

  /// What reads the normed stream.
  void read(const Node& norm, ValueId id, const std::string& norm_tensor) {
    if (std::find(graph_.outputs.begin(), graph_.outputs.end(), id) != graph_.outputs.end())
      fail(norm, "is an output of the graph");
    for (const Node* reader : flow_.readers(id)) {
      const auto* experts = std::get_if<ExpertLinear>(&reader->op);
      if (std::holds_alternative<SelectRows>(reader->op)) {
        read(norm, reader->outputs[0], norm_tensor);
      } else if (std::holds_alternative<Linear>(reader->op)) {
        change_reader(*reader, reader->inputs[1], norm_tensor);
      } else if (experts != nullptr && !experts->per_slot) {
        change_reader(*reader, reader->inputs[2], norm_tensor);
      } else {
        fail(*reader, "reads it, and is no linear layer");
      }
    }
  }

  void change_reader(const Node& node, ValueId matrix, const std::string& norm_tensor) {
    const Weight& weight = flow_.weight(matrix);
    if (matrix == table_) {
      rotations_.untied.push_back(
          {node.name + ".weight", weight.tensors.front(), {false, norm_tensor, rotation_, {}}});
      return;
    }
    for (const std::string& tensor : weight.tensors) {
      TensorChange& change = rotations_.tensors[tensor];
      if (change.columns) fail(node, "shares its matrix");
      change.norm = norm_tensor;
      change.columns = rotation_;
    }
  }

  const Graph& graph_;
  Flow flow_;
  Rotations& rotations_;
  quant::Rotation rotation_;
  ValueId table_ = -1;
  std::set<ValueId> values_;
};

}  // namespace

void add_value_rotations(const Graph& graph, Rotations& rotations) {
  const Flow flow(graph);
  for (const Node& node : graph.nodes) {
    if (const auto* op = std::get_if<Attention>(&node.op)) rotate_head_values(flow, node, *op, rotations);
    if (const auto* op = std::get_if<LatentAttention>(&node.op))
      rotate_latent_values(flow, node, *op, rotations);
  }
}

void add_residual_rotation(const Graph& graph, Rotations& rotations) {
  Stream(graph, rotations).rotate();
}

}  // namespace clinfer::graph
