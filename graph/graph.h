#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/ops.h"

namespace clinfer::graph {

/// Stages order the model for placement: the embedding, the layers, then the head.
inline constexpr int kEmbeddingStage = -1;

struct Node {
  Op op;
  std::string name;  ///< as the checkpoint names the module: "model.layers.0.self_attn.q_proj"
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs{};
  int stage = 0;   ///< kEmbeddingStage, a layer's index, or the number of layers for the head
  int device = 0;  ///< index into the run's device list
};

/// A straight program: nodes in an order in which they can run, values in SSA form (a written cache is a new
/// value on the old one's memory).
struct Graph {
  std::string name;
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  int stages = 0;  ///< number of layers; the head's stage

  const Value& value(ValueId id) const { return values.at(static_cast<size_t>(id)); }
  Value& value(ValueId id) { return values.at(static_cast<size_t>(id)); }
  /// Pointers to a node's operands.
  std::vector<const Value*> operands(const Node& node) const;
  /// The input or output of that name, or -1.
  ValueId find(std::string_view name) const;
};

/// Appends values and nodes; every result's type comes from the op's infer().
class Builder {
 public:
  explicit Builder(std::string name) { graph_.name = std::move(name); }

  ValueId input(std::string name, Type type);
  /// Asked twice for the same weight it gives the same value (tied embeddings).
  ValueId weight(std::string tensor, int64_t rows, int64_t cols);
  ValueId expert_weight(std::string name, std::vector<std::string> tensors, int64_t experts, int64_t rows,
                        int64_t cols);
  /// A norm weight or bias; with rows > 1 that many, one a head.
  ValueId vector(std::string tensor, int64_t size, int64_t rows = 1);
  ValueId constant(std::string name, std::vector<float> data);
  ValueId cache(std::string name, int64_t width, int64_t head = 0, int64_t tail = 0);
  /// The state of a recurrent layer, [rows, width].
  ValueId state(std::string name, int64_t rows, int64_t width);

  /// Adds a node and returns its first result; `name` names node and result.
  ValueId add(Op op, std::string name, std::vector<ValueId> inputs);
  /// The further results of the node that made `first` (the router's weights).
  ValueId result(ValueId first, int index) const;

  void stage(int stage) { stage_ = stage; }
  /// Makes a value an output of the graph and renames it to `name`.
  void output(ValueId id, std::string name);
  Graph finish(int layers);  ///< verifies

 private:
  ValueId append(Value value);
  ValueId append_weight(std::string name, Weight weight);

  Graph graph_;
  int stage_ = kEmbeddingStage;
};

}  // namespace clinfer::graph
