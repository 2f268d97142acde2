#pragma once

#include <string>

#include "host/plan/plan.h"

namespace clinfer::plan {

/// What is told of a step besides its node.
struct StepFacts {
  std::string variant;       ///< "linear/rows", or "copy"
  std::string format;        ///< of the matrix it reads; "" when it reads none
  graph::Cost cost;          ///< of a call of these sizes
  double bytes_written = 0;  ///< of cost.bytes
};

StepFacts facts_of(const Plan& plan, const Step& step, const graph::Sizes& sizes);

}  // namespace clinfer::plan
