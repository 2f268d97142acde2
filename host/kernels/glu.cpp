#include "cl_kernels/args/glu_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  GluArgs args{};
  args.cols = narrow(context.input(0).type.cols, "glu: columns");
  args.chunk = kColumnChunk;
  Launch launch = make_launch("glu", {}, {input_ref(0), input_ref(1), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "glu: rows");
    return Work{worker_count(device, args.rows * divide_up(args.cols, args.chunk)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"glu/columns", always, prepare}};

}  // namespace

std::span<const Variant> glu_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
