#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace clinfer::graph {

/// Gives a weight's values [experts * rows, cols], decoded from its format. Called at every use: whether to
/// keep what was decoded is the provider's choice.
using WeightProvider = std::function<std::shared_ptr<const Array>(const Value&)>;

/// Runs a graph by the references of its ops, in double precision: the truth that kernels are tested against.
/// Caches live as long as the interpreter and grow with the context. The graph must outlive it.
class Interpreter {
 public:
  using Arrays = std::map<std::string, Array, std::less<>>;

  Interpreter(const Graph& graph, WeightProvider weights);

  /// Inputs and outputs by name; sizes.context counts the tokens of earlier calls too. Throws
  /// Error(Fault::run) for a missing, unknown or wrongly shaped input or weight.
  Arrays run(const Arrays& inputs, const Sizes& sizes);

  /// Forgets the caches.
  void reset();

 private:
  using Held = std::shared_ptr<const Array>;

  void check_inputs(const Arrays& inputs, const Sizes& sizes) const;
  Array& cache(ValueId root, const Sizes& sizes);
  void forget_overwritten(const Sizes& sizes);
  Held operand(ValueId id, const Arrays& inputs, const Sizes& sizes);
  void run_node(const Node& node, const Arrays& inputs, const Sizes& sizes);
  void release(size_t node);

  const Graph& graph_;
  WeightProvider weights_;
  std::map<ValueId, Array> caches_;           ///< [capacity, width] by the original cache value
  std::vector<std::shared_ptr<Array>> made_;  ///< results of this call that are still needed
  std::vector<size_t> last_use_;              ///< by value: the last node that reads it
};

}  // namespace clinfer::graph
