#pragma once

#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "host/cl/context.h"
#include "host/kernels/trial.h"
#include "host/kernels/variant.h"

namespace clinfer::tests {

/// One node with its inputs.
struct Case {
  std::string name;    ///< "q8_0 tokens=3 rows=65 cols=96"
  graph::Graph graph;  ///< nodes[0] is under test
  graph::Sizes sizes;
  std::vector<graph::Array> inputs;  ///< of the node, before formats round them
  uint64_t seed = 0;
};

/// A device to test on. On CPUs each is listed a second time as if it were a GPU ("lanes"), so that the
/// kernels whose lanes cooperate run here too; there the probes' flags are all cleared.
struct Target {
  std::string name;
  cl::Device device;
  graph::DeviceInfo info;  ///< what variants are told
};
const std::vector<Target>& targets();
cl::ProgramCache& programs();

/// Runs the case on every target by every variant of its op and compares with the reference: within
/// error_limits, inputs unharmed, nothing written outside. Refusals are counted per variant and reason.
void check(const Case& the_case);
/// One variant on one target, unchecked. Throws if the variant refuses.
kernels::TrialResult run(const Case& the_case, const Target& target, std::string_view variant);

/// Prints how many cases ran and were refused, per variant and target, since the last call; fails the test
/// when a variant of `op` has run on no target, unless it lacked its instructions or was refused for a reason
/// of `elsewhere`: its cases are another test's.
void summarise(const graph::Op& op, const std::set<std::string>& elsewhere = {});

/// The node's DeviceInfo, sizes and graph as variants get them.
kernels::OpContext context_of(const Case& the_case, const graph::DeviceInfo& info);

/// Finishes a one-node graph whose result is `result` and sets the weights' format.
graph::Graph finish(graph::Builder& builder, graph::ValueId result, const std::string& format = "f32");

/// Normally distributed, or integers in [low, high].
graph::Array normal(int64_t rows, int64_t cols, std::mt19937_64& random);
graph::Array integers(int64_t rows, int64_t cols, int64_t low, int64_t high, std::mt19937_64& random);

}  // namespace clinfer::tests
