#include "cl_kernels/args/quantize_args.h"
#include "host/kernels/activation_layout.h"
#include "host/kernels/lanes.h"
#include "host/kernels/matmul.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  const graph::Type& type = context.output(0).type;
  const int64_t lanes = lanes_for(context.device, 64);
  std::vector<std::string> defines = activation_defines(type);
  defines.push_back(format_definition(type.format));
  defines.push_back(constant("FP32_DENORMALS", context.device.probes.fp32_denormals ? 1 : 0));
  Launch launch = make_launch("quantize_rows", std::move(defines), {input_ref(0), output_ref(0)}, lanes);
  const int64_t blocks = activation_layout(type.format, type.cols).blocks;
  launch.work = [cols = narrow(type.cols, "columns"), rows = type.rows, device = context.device, lanes,
                 blocks](const graph::Sizes& sizes) {
    const QuantizeArgs args{narrow(sizes.of(rows), "rows"), cols};
    return Work{worker_count(device, divide_up(args.rows * blocks, lanes)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"quantize/rows", always, prepare}};

}  // namespace

std::span<const Variant> quantize_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
