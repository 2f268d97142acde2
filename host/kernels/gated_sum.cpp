#include "cl_kernels/args/gated_sum_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  const graph::Type& y = context.output(0).type;
  GatedSumArgs args{};
  args.heads = narrow(std::get<graph::GatedSum>(context.node.op).heads, "gated_sum: heads");
  args.dim = narrow(y.cols, "gated_sum: columns") / args.heads;
  args.branches = narrow(static_cast<int64_t>(context.node.inputs.size()) - 1, "gated_sum: branches");
  Launch launch = make_launch("gated_sum", {},
                              {input_ref(0), input_ref(1), optional_input_ref(context, 2),
                               optional_input_ref(context, 3), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = y.rows, device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "gated_sum: rows");
    return Work{worker_count(device, sizes.of(rows) * args.heads), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"gated_sum/heads", always, prepare}};

}  // namespace

std::span<const Variant> gated_sum_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
