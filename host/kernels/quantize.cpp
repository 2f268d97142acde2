#include "cl_kernels/args/quantize_args.h"
#include "host/kernels/activation_layout.h"
#include "host/kernels/lanes.h"
#include "host/kernels/matmul.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

/// `item_lanes` work-items share an item, a block of a row.
Prepared prepare(const OpContext& context, std::string_view stem, int64_t lanes, int64_t item_lanes) {
  const graph::Type& type = context.output(0).type;
  std::vector<std::string> defines = activation_defines(type);
  defines.push_back(format_definition(type.format));
  defines.push_back(constant("FP32_DENORMALS", context.device.probes.fp32_denormals ? 1 : 0));
  Launch launch = make_launch(stem, std::move(defines), {input_ref(0), output_ref(0)}, lanes);
  const int64_t blocks = activation_layout(type.format, type.cols).blocks;
  launch.work = [cols = narrow(type.cols, "columns"), rows = type.rows, device = context.device, lanes,
                 item_lanes, blocks](const graph::Sizes& sizes) {
    const QuantizeArgs args{narrow(sizes.of(rows), "rows"), cols};
    return Work{worker_count(device, divide_up(args.rows * blocks * item_lanes, lanes)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

Prepared prepare_rows(const OpContext& context) {
  return prepare(context, "quantize_rows", lanes_for(context.device, 64), 1);
}

constexpr int64_t kSharedLanes = 128;

Support supports_lanes(const OpContext& context) {
  if (one_item_workers(context.device)) return Support::no("for devices whose work-items read together");
  if (context.device.max_work_group < kSharedLanes)
    return Support::no("groups of 128 are more than the device allows");
  return Support::yes();
}

Prepared prepare_lanes(const OpContext& context) {
  const graph::Type& type = context.output(0).type;
  return prepare(context, "quantize_lanes", kSharedLanes,
                 activation_layout(type.format, type.cols).block / 16);
}

constexpr Variant kVariants[] = {{"quantize/lanes", supports_lanes, prepare_lanes},
                                 {"quantize/rows", always, prepare_rows}};

}  // namespace

std::span<const Variant> quantize_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
