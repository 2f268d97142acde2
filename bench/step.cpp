#include "bench/step.h"

#include <algorithm>
#include <utility>

#include "host/kernels/trial.h"

namespace clinfer::bench {

const kernels::Variant* variant_for(const kernels::OpContext& context, std::string_view name) {
  for (const kernels::Variant& variant : kernels::variants_of(context.node.op))
    if ((name.empty() || variant.name == name) && variant.supports(context).ok) return &variant;
  return nullptr;
}

Step::Step(const cl::Device& device, cl::ProgramCache& programs, kernels::Prepared prepared,
           const graph::Sizes& sizes)
    : device_(device),
      prepared_(std::move(prepared)),
      sizes_(sizes),
      scratch_(device.allocate(std::max<int64_t>(4, prepared_.scratch_bytes))) {
  for (const kernels::Launch& launch : prepared_.launches)
    kernels_.emplace_back(programs.build(device, launch.program), launch.kernel);
}

void Step::enqueue(std::span<const cl::Buffer> inputs, std::span<const cl::Buffer> outputs, size_t first) {
  for (size_t i = first; i < kernels_.size(); ++i) {
    const kernels::Launch& launch = prepared_.launches[i];
    if (launch.work(sizes_).groups > 0)
      kernels::enqueue(device_, kernels_[i], launch, inputs, outputs, scratch_, sizes_);
  }
}

}  // namespace clinfer::bench
