#include "cl_kernels/args/decay_gate_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  const int64_t cols = context.input(0).type.cols;
  const graph::Type& rate = context.input(1).type;
  DecayGateArgs args{};
  args.cols = narrow(cols, "decay_gate: columns");
  args.group = narrow(cols / (rate.rows.factor * rate.cols), "decay_gate: columns of a rate");
  Launch launch = make_launch("decay_gate", {}, {input_ref(0), input_ref(1), input_ref(2), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "decay_gate: rows");
    return Work{worker_count(device, args.rows), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"decay_gate/rows", always, prepare}};

}  // namespace

std::span<const Variant> decay_gate_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
