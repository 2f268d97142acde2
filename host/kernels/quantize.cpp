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

Support supports_bf16(const OpContext& context) {
  return context.output(0).type.format == "bf16" ? Support::yes() : Support::no("for bf16");
}

constexpr int64_t kBf16Lanes = 128;
constexpr int64_t kLaneCols = 4;

Prepared prepare_bf16(const OpContext& context) {
  const graph::Type& type = context.output(0).type;
  const int64_t lanes = lanes_for(context.device, kBf16Lanes);
  Launch launch =
      make_launch("quantize_bf16", activation_defines(type), {input_ref(0), output_ref(0)}, lanes);
  const int64_t row_items = lanes == 1 ? 1 : divide_up(type.cols, lanes * kLaneCols);
  launch.work = [cols = narrow(type.cols, "columns"), rows = type.rows, device = context.device,
                 row_items](const graph::Sizes& sizes) {
    const QuantizeArgs args{narrow(sizes.of(rows), "rows"), cols};
    return Work{worker_count(device, args.rows * row_items), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

Support supports_blocks(const OpContext& context) {
  return context.output(0).type.format == "bf16" ? Support::no("for codes with scales") : Support::yes();
}

Prepared prepare_rows(const OpContext& context) {
  return prepare(context, "quantize_rows", lanes_for(context.device, 64), 1);
}

constexpr int64_t kMostBlocks = int64_t{1} << 30;
constexpr int64_t kSharedLanes = 128;

Support supports_lanes(const OpContext& context) {
  const Support blocks = supports_blocks(context);
  if (!blocks.ok) return blocks;
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

constexpr int64_t kWarpLanes = 128;
constexpr int64_t kWarpBlocks = 16;  ///< of 128 columns, of a group at a time

Support supports_warps(const OpContext& context) {
  const graph::Type& type = context.output(0).type;
  if (!context.device.probes.ptx_e4m3) return Support::no("the device does not convert E4M3");
  if (type.format != "fp8_e4m3_1x128") return Support::no("for fp8_e4m3_1x128");
  if (type.cols % 128 != 0) return Support::no("its columns are no multiple of 128");
  if (context.most.of(type.rows) * (type.cols / 128) > kMostBlocks)
    return Support::no("more than 2^30 blocks");
  return Support::yes();
}

Prepared prepare_warps(const OpContext& context) {
  const graph::Type& type = context.output(0).type;
  Launch launch;
  launch.program.stem = "quantize_warps";
  launch.program.entry = "nvidia/quantize_warps.cl";
  launch.program.defines = {format_definition(type.format),
                            constant("FP32_DENORMALS", context.device.probes.fp32_denormals ? 1 : 0)};
  launch.kernel = "quantize_warps";
  launch.buffers = {input_ref(0), output_ref(0)};
  launch.local_size = kWarpLanes;
  launch.work = [cols = narrow(type.cols, "columns"), rows = type.rows,
                 device = context.device](const graph::Sizes& sizes) {
    const QuantizeArgs args{narrow(sizes.of(rows), "rows"), cols};
    const int64_t blocks = int64_t{args.rows} * (cols / 128);
    return Work{worker_count(device, divide_up(blocks, kWarpBlocks)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"quantize/bf16", supports_bf16, prepare_bf16},
                                 {"quantize/warps", supports_warps, prepare_warps},
                                 {"quantize/lanes", supports_lanes, prepare_lanes},
                                 {"quantize/rows", supports_blocks, prepare_rows}};

}  // namespace

std::span<const Variant> quantize_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
