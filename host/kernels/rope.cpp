#include <algorithm>
#include <limits>

#include "cl_kernels/args/rope_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kLeastLanes = 64;
constexpr int64_t kMostLanes = 256;
constexpr int64_t kMostInTurn = 8;    ///< heads that a lane takes one after the other
constexpr int64_t kHeadsOfUnit = 64;  ///< from which heads take turns

/// Lanes that share the pairs of a head, and heads at once; 1 on CPUs. Powers of two.
struct HeadLanes {
  int64_t of_head = 1;
  int64_t heads = 1;
};
HeadLanes head_lanes(const graph::DeviceInfo& device, int64_t heads, int64_t pairs) {
  HeadLanes lanes;
  if (one_item_workers(device)) return lanes;
  const int64_t most = std::min(kMostLanes, device.max_work_group);
  while (lanes.of_head < std::min<int64_t>(pairs, 64) && lanes.of_head * 2 <= most) lanes.of_head *= 2;
  const auto wanted = [&] { return lanes.heads < heads || lanes.heads * lanes.of_head < kLeastLanes; };
  while (wanted() && lanes.heads * lanes.of_head * 2 <= most) lanes.heads *= 2;
  return lanes;
}

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::Rope>(context.node.op);
  RopeArgs args{};
  args.heads = narrow(context.input(0).type.cols / op.head_dim, "rope: heads");
  const HeadLanes lanes = head_lanes(context.device, args.heads, op.rope_dim / 2);
  args.head_dim = narrow(op.head_dim, "rope: head_dim");
  args.offset = narrow(op.offset, "rope: offset");
  args.half_dim = narrow(op.rope_dim / 2, "rope: rope_dim");
  args.interleaved = op.pairing == graph::RopePairing::interleaved;
  args.scale = op.scale;
  args.period = narrow(op.period, "rope: period");
  args.shift = narrow(op.shift, "rope: shift");
  args.limit = op.limit > 0 ? narrow(op.limit, "rope: limit") : std::numeric_limits<i32>::max();
  std::vector<std::string> defines;
  if (!one_item_workers(context.device)) {
    defines = column_items(context.device, {op.head_dim, op.offset, op.rope_dim}).defines;
    defines.push_back(constant("PAIR_LANES", lanes.of_head));
  }
  Launch launch =
      make_launch("rope", std::move(defines), {input_ref(0), input_ref(1), input_ref(2), output_ref(0)},
                  lanes.of_head * lanes.heads);
  launch.work = [args, lanes, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.of(rows), "rope: tokens");
    // The heads of an item share the angles; of few tokens all heads are worked on at once.
    const bool many = args.tokens * args.heads >= device.compute_units * kHeadsOfUnit;
    args.heads_per_item =
        one_item_workers(device) ? args.heads
        : many ? narrow(std::min<int64_t>(args.heads, lanes.heads * kMostInTurn), "rope: heads")
               : narrow(lanes.heads, "rope: heads");
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
