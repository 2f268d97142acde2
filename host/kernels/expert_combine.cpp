#include "cl_kernels/args/expert_combine_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  const int64_t top_k = context.input(1).type.cols;
  ExpertCombineArgs args{};
  args.cols = narrow(context.input(0).type.cols / top_k, "expert_combine: columns");
  args.top_k = narrow(top_k, "expert_combine: top_k");
  const ColumnItems items = column_items(context.device, {args.cols});
  args.chunk = items.chunk;
  Launch launch = make_launch("expert_combine", items.defines, {input_ref(0), input_ref(1), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "expert_combine: rows");
    return Work{worker_count(device, args.rows * divide_up(args.cols, args.chunk)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"expert_combine/columns", always, prepare}};

}  // namespace

std::span<const Variant> expert_combine_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
