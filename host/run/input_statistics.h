#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/io/statistics_file.h"
#include "host/run/observer.h"

namespace clinfer::run {

/// Adds up the squares of what every linear layer reads while an engine runs: engine.observe([&](const
/// StepView& view) { statistics.add(view); }). Of experts, each has the rows that were routed to it. A matrix
/// inside attention (MLA's kv_b) counts where it is a linear layer of its own, which is in prefill; there
/// each token once.
class InputStatistics {
 public:
  void add(const StepView& view);

  /// By weight tensor: one entry, or one for each matrix that the tensor stacks.
  const std::map<std::string, std::vector<io::ColumnSquares>>& all() const { return all_; }

 private:
  /// One a matrix, also of experts that no token will be routed to.
  std::vector<io::ColumnSquares*> squares_of(const graph::Weight& weight);
  void add_linear(const StepView& view);
  void add_experts(const StepView& view, bool per_slot);

  std::map<std::string, std::vector<io::ColumnSquares>> all_;
};

}  // namespace clinfer::run
