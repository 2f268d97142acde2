#include "host/kernels/linear_clblast.h"

// The headers CLBlast wants define nothing of ours; it is used in this file only.
#include <clblast.h>

#include "host/cl/opencl.h"
#include "host/kernels/matmul.h"
#include "quant/error.h"

namespace clinfer::kernels {

Support supports_linear_clblast(const OpContext& context) {
  if (is_small_batch(context)) return Support::no("for more than 8 tokens");
  const Support weight = supports_weight(context, 1);
  if (!weight.ok) return weight;
  if (context.input(1).weight()->format != "f32") return Support::no("for float weights");
  // Sgemm's kernels are tuned for groups of lanes; on CPUs linear/tile measures faster and compiles sooner.
  if (!context.device.is_gpu) return Support::no("linear/tile is faster where one work-item is a worker");
  if (!context.input(0).type.format.empty()) return Support::no("for plain activations");
  if (context.has_input(2)) return Support::no("it adds no bias");
  return Support::yes();
}

Prepared prepare_linear_clblast(const OpContext& context) {
  const graph::Weight& weight = *context.input(1).weight();
  Prepared prepared;
  prepared.library_call = [rows = static_cast<size_t>(weight.rows), cols = static_cast<size_t>(weight.cols),
                           dim = context.input(0).type.rows, name = context.node.name](
                              const cl::Device& device, std::span<const cl::Buffer> buffers,
                              const graph::Sizes& sizes) {
    const auto tokens = static_cast<size_t>(sizes.of(dim));
    cl_command_queue queue = device.queue();
    const auto status = clblast::Gemm<float>(
        clblast::Layout::kRowMajor, clblast::Transpose::kNo, clblast::Transpose::kYes, tokens, rows, cols,
        1.0f, buffers[0].raw(), 0, cols, buffers[1].raw(), 0, cols, 0.0f, buffers[2].raw(), 0, rows, &queue);
    if (status != clblast::StatusCode::kSuccess) {
      throw Error(Fault::run,
                  name + ": CLBlast's Sgemm failed with code " + std::to_string(static_cast<int>(status)));
    }
  };
  return prepared;
}

}  // namespace clinfer::kernels
