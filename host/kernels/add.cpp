#include "cl_kernels/args/add_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  AddArgs args{};
  args.cols = narrow(context.input(0).type.cols, "add: columns");
  const ColumnItems items = column_items(context.device, {args.cols});
  args.chunk = items.chunk;
  args.right_stride = context.input(1).type == context.input(0).type ? args.cols : 0;
  args.scale = std::get<graph::Add>(context.node.op).scale;
  Launch launch = make_launch("add", items.defines, {input_ref(0), input_ref(1), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "add: rows");
    return Work{worker_count(device, args.rows * divide_up(args.cols, args.chunk)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"add/columns", always, prepare}};

}  // namespace

std::span<const Variant> add_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
