#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/run/observer.h"

namespace clinfer::report {

/// The first rows that each matrix of a model is multiplied with: what its own error is measured on, apart
/// from the errors that earlier layers bring. Experts have none: which rows are theirs differs from run to
/// run.
class LinearInputs {
 public:
  void see(const run::StepView& view);

  /// [tokens, cols] of the matrix of that checkpoint tensor; empty when it was not seen.
  const std::vector<float>& of(const std::string& tensor) const;

 private:
  std::map<std::string, std::vector<float>> rows_;
};

}  // namespace clinfer::report
