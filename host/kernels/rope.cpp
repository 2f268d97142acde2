#include <limits>

#include "cl_kernels/args/rope_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::Rope>(context.node.op);
  RopeArgs args{};
  args.heads = narrow(context.input(0).type.cols / op.head_dim, "rope: heads");
  // One lane computes the angles of a position once for all heads; many lanes would wait for each other's
  // heads.
  args.heads_per_item = one_item_workers(context.device) ? args.heads : 1;
  args.head_dim = narrow(op.head_dim, "rope: head_dim");
  args.offset = narrow(op.offset, "rope: offset");
  args.half_dim = narrow(op.rope_dim / 2, "rope: rope_dim");
  args.interleaved = op.pairing == graph::RopePairing::interleaved;
  args.scale = op.scale;
  args.period = narrow(op.period, "rope: period");
  args.shift = narrow(op.shift, "rope: shift");
  args.limit = op.limit > 0 ? narrow(op.limit, "rope: limit") : std::numeric_limits<i32>::max();
  Launch launch = make_launch("rope", {}, {input_ref(0), input_ref(1), input_ref(2), output_ref(0)},
                              lanes_for(context.device, 64));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.of(rows), "rope: tokens");
    return Work{worker_count(device, args.tokens * divide_up(args.heads, args.heads_per_item)),
                bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"rope/pairs", always, prepare}};

}  // namespace

std::span<const Variant> rope_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
