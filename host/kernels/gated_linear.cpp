#include "host/kernels/gated_linear.h"

#include "cl_kernels/args/gated_linear_args.h"
#include "cl_kernels/args/glu_args.h"
#include "host/kernels/activation_layout.h"
#include "host/kernels/lanes.h"
#include "host/kernels/matmul.h"
#include "host/kernels/narrow.h"
#include "host/kernels/rounded.h"

namespace clinfer::kernels {

namespace {

/// A launch of `workers(tokens)` groups.
template <class Workers>
Launch launch_of(const OpContext& context, std::string_view stem, std::vector<std::string> defines,
                 std::vector<BufferRef> buffers, int64_t local_size, const Workers& workers) {
  Launch launch = make_launch(stem, std::move(defines), std::move(buffers), local_size);
  launch.work = [args = GatedLinearArgs{weight_args(*context.input(1).weight()), 0, 0}, workers,
                 dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    GatedLinearArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    return Work{workers(int64_t{now.tokens}), bytes_of(now)};
  };
  return launch;
}

Launch products(const OpContext& context) {
  const graph::Weight& weight = *context.input(1).weight();
  const RowsShape shape = rows_shape(context, weight, 1, false);
  std::vector<std::string> defines = weight_defines(context, weight);
  for (const auto& more : {activation_defines(context.input(0).type), shape.defines})
    defines.insert(defines.end(), more.begin(), more.end());
  const int64_t workers = rows_workers(context.device, 2 * ceil_div(weight.rows, shape.item_rows));
  return launch_of(context, "gated_linear_rows", std::move(defines),
                   {input_ref(0), input_ref(1), input_ref(2), scratch_ref()}, shape.local_size,
                   [workers](int64_t) { return workers; });
}

/// Both results lie in the scratch memory.
Launch rounding_by_warps(const OpContext& context) {
  GluArgs args{};
  args.cols = narrow(context.input(1).weight()->rows, "glu: columns");
  args.stride = args.cols;
  args.row_parts = 1;
  const ColumnItems items = column_items(context.device, {args.cols});
  args.chunk = items.chunk;
  std::vector<std::string> defines = items.defines;
  for (std::string& define : rounded_defines(context, true)) defines.push_back(std::move(define));
  defines.push_back(constant("GATE", static_cast<int64_t>(std::get<graph::Glu>(context.node.op).activation)));
  defines.push_back(constant("CLAMPED", 0));
  defines.push_back(constant("STEP", 1));
  Launch launch = make_launch("glu", std::move(defines), {scratch_ref(), scratch_ref(), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) {
    GluArgs now = args;
    now.parts = narrow(sizes.of(rows), "glu: rows");
    now.up_at = narrow(int64_t{now.parts} * now.cols, "glu: up");
    return Work{worker_count(device, now.parts * divide_up(now.cols, now.chunk)), bytes_of(now)};
  };
  return launch;
}

}  // namespace

Launch gated_linear_rounding(const OpContext& context) {
  if (supports_warps(context, context.input(1).weight()->rows).ok) return rounding_by_warps(context);
  const graph::Type& type = context.output(0).type;
  std::vector<std::string> defines = activation_defines(type);
  defines.push_back(format_definition(type.format));
  defines.push_back(constant("FP32_DENORMALS", context.device.probes.fp32_denormals ? 1 : 0));
  defines.push_back(constant("GATE", static_cast<int64_t>(std::get<graph::Glu>(context.node.op).activation)));
  const int64_t lanes = lanes_for(context.device, 64);
  const int64_t blocks = activation_layout(type.format, type.cols).blocks;
  return launch_of(context, "gated_linear_round", std::move(defines), {scratch_ref(), output_ref(0)}, lanes,
                   [device = context.device, lanes, blocks](int64_t tokens) {
                     return worker_count(device, ceil_div(tokens * blocks, lanes));
                   });
}

Support supports_glu_linear_rows(const OpContext& context) {
  if (!context.has_input(2)) return Support::no("gate and up are no matrices");
  const graph::Weight* up = context.input(2).weight();
  const graph::Weight* gate = context.input(1).weight();
  if (gate->format != up->format || gate->row_group != up->row_group)
    return Support::no("gate and up are held in different ways");
  return supports_weight(context, 1);
}

Prepared prepare_glu_linear_rows(const OpContext& context) {
  const int64_t results = 2 * context.most.of(context.input(0).type.rows) * context.input(1).weight()->rows;
  return {{products(context), gated_linear_rounding(context)}, results * 4, {}};
}

}  // namespace clinfer::kernels
