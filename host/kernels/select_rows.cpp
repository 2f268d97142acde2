#include "cl_kernels/args/select_rows_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  SelectRowsArgs args{};
  args.cols = narrow(context.input(0).type.cols, "select_rows: columns");
  Launch launch = make_launch("select_rows", {}, {input_ref(0), input_ref(1), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(1).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.outputs = narrow(sizes.of(rows), "select_rows: rows");
    return Work{worker_count(device, args.outputs), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"select_rows/rows", always, prepare}};

}  // namespace

std::span<const Variant> select_rows_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
