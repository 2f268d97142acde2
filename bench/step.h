#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "host/cl/kernel.h"
#include "host/cl/program_cache.h"
#include "host/kernels/variant.h"

namespace clinfer::bench {

/// The variant that a run would take, or the one of this name; null where it does not do the node.
const kernels::Variant* variant_for(const kernels::OpContext& context, std::string_view name = {});

/// A node's launches, built, with scratch memory of their own.
class Step {
 public:
  Step(const cl::Device& device, cl::ProgramCache& programs, kernels::Prepared prepared,
       const graph::Sizes& sizes);

  size_t launches() const { return kernels_.size(); }

  /// Enqueues launches [first, launches()), but those that have no work.
  void enqueue(std::span<const cl::Buffer> inputs, std::span<const cl::Buffer> outputs, size_t first = 0);

 private:
  const cl::Device& device_;
  kernels::Prepared prepared_;
  graph::Sizes sizes_;
  cl::Buffer scratch_;
  std::vector<cl::Kernel> kernels_;
};

}  // namespace clinfer::bench
