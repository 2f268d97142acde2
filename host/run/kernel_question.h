#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "host/kernels/trial.h"

namespace clinfer::run {

/// A small node like one of a plan, with inputs and the answer the reference gives: the same op, formats and
/// columns, but few rows of weights, few heads and few tokens.
struct KernelQuestion {
  graph::Graph graph;  ///< nodes[0] is the question
  graph::Sizes sizes;
  std::vector<kernels::Bytes> inputs;
  std::vector<graph::Array> expected;
  std::vector<graph::Array> limits;  ///< how far each element of an answer may be off
};

/// `most` are the plan's largest sizes. The same node gives the same question on every run.
KernelQuestion make_question(const graph::Graph& graph, const graph::Node& node, const graph::Sizes& most);

/// What is wrong with an answer; empty when nothing is.
std::string fault_of(const KernelQuestion& question, const kernels::TrialResult& answer);

}  // namespace clinfer::run
