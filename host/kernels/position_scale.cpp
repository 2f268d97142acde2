#include "cl_kernels/args/position_scale_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::PositionScale>(context.node.op);
  PositionScaleArgs args{};
  args.cols = narrow(context.input(0).type.cols, "position_scale: columns");
  const ColumnItems items = column_items(context.device, {args.cols});
  args.chunk = items.chunk;
  args.length = narrow(op.length, "position_scale: length");
  args.shift = narrow(op.shift, "position_scale: shift");
  args.steps = op.steps;
  args.factor = op.factor;
  Launch launch = make_launch("position_scale", items.defines, {input_ref(0), input_ref(1), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "position_scale: rows");
    return Work{worker_count(device, args.rows * divide_up(args.cols, args.chunk)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"position_scale/columns", always, prepare}};

}  // namespace

std::span<const Variant> position_scale_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
