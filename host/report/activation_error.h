#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/report/section_data.h"
#include "host/run/observer.h"
#include "quant/format.h"

namespace clinfer::report {

/// Puts the inputs of matrix products through formats for activations, as an observer of a base's run sees
/// them. Nothing in the run changes: it says what each format would lose there.
class ActivationMeter {
 public:
  ActivationMeter();

  void see(const run::StepView& view);
  std::vector<ActivationError> errors() const;  ///< by role, then in the order of the formats
  std::vector<ActivationShape> shapes() const;  ///< by role

 private:
  struct Moments {
    double n = 0, second = 0, fourth = 0;
  };
  /// Mean squares of the columns of one matrix' input.
  struct Columns {
    std::string role;
    double rows = 0;
    std::vector<double> squares;
  };
  void add(const std::string& role, const std::string& name, std::span<const float> values, int64_t cols);

  std::vector<const quant::Format*> formats_;
  const graph::Graph* graph_ = nullptr;
  std::map<graph::ValueId, std::string> roles_;  ///< of values that feed matrices, in graph_
  std::map<std::string, std::map<std::string, ActivationError>> errors_;  ///< role, format
  std::map<std::string, Moments> moments_;                                ///< by role
  std::map<std::string, Columns> columns_;                                ///< by value
};

}  // namespace clinfer::report
