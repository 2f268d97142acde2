#include "cl_kernels/args/concat_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  ConcatArgs args{};
  args.left_cols = narrow(context.input(0).type.cols, "concat: columns");
  args.right_cols = narrow(context.input(1).type.cols, "concat: columns");
  Launch launch = make_launch("concat", {}, {input_ref(0), input_ref(1), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "concat: rows");
    return Work{worker_count(device, args.rows), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"concat/rows", always, prepare}};

}  // namespace

std::span<const Variant> concat_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
