#pragma once

#include "host/cl/kernel.h"
#include "host/cl/program_cache.h"
#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Values as they lie in device memory: f32, i32, weights in their layout, caches in their format.
using Bytes = std::vector<std::byte>;

/// What a variant made of one node's inputs.
struct TrialResult {
  std::vector<Bytes> outputs;  ///< as large as the sizes say; a written cache whole
  std::vector<Bytes> inputs;   ///< read back after the run: only written caches may have changed
  std::string overrun;         ///< empty, or which buffer was written outside its bounds
};

/// Runs one variant of context.node once, alone: uploads the inputs, fills outputs and scratch with NaN and
/// puts guard bytes round every buffer. Throws what building or running throws.
TrialResult run_trial(const cl::Device& device, cl::ProgramCache& programs, const Variant& variant,
                      const OpContext& context, std::span<const Bytes> inputs, const graph::Sizes& sizes);

/// Enqueues one launch with these buffers; `kernel` was made from launch.program and launch.kernel.
void enqueue(const cl::Device& device, cl::Kernel& kernel, const Launch& launch,
             std::span<const cl::Buffer> inputs, std::span<const cl::Buffer> outputs,
             const cl::Buffer& scratch, const graph::Sizes& sizes);

}  // namespace clinfer::kernels
