#include "cl_kernels/args/slice_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Support supports(const OpContext& context) {
  return storage_support(context.input(0));
}

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::Slice>(context.node.op);
  SliceArgs args{};
  args.width = narrow(op.width, "slice: width");
  args.offset = narrow(op.offset, "slice: offset");
  args.x_cols = narrow(context.input(0).type.cols, "slice: columns");
  Launch launch = make_launch("slice", {constant("SLICE_F16", holds_f16(context.input(0)))},
                              {input_ref(0), output_ref(0)}, lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "slice: rows");
    return Work{worker_count(device, args.rows), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"slice/rows", supports, prepare}};

}  // namespace

std::span<const Variant> slice_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
