#include "cl_kernels/args/pointwise_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::Pointwise>(context.node.op);
  PointwiseArgs args{};
  args.cols = narrow(context.input(0).type.cols, "pointwise: columns");
  const ColumnItems items = column_items(context.device, {args.cols});
  args.chunk = items.chunk;
  args.parameter = op.parameter;
  // The kernel numbers the functions in the order of the enumeration.
  std::vector<std::string> defines = items.defines;
  defines.push_back(constant("FUNCTION", static_cast<int64_t>(op.function)));
  Launch launch = make_launch("pointwise", std::move(defines), {input_ref(0), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "pointwise: rows");
    return Work{worker_count(device, args.rows * divide_up(args.cols, args.chunk)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"pointwise/columns", always, prepare}};

}  // namespace

std::span<const Variant> pointwise_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
