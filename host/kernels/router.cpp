#include "cl_kernels/args/router_args.h"
#include "cl_kernels/args/router_capacity_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kLanes = 64;

int64_t local_bytes(const OpContext& context) {
  const auto& op = std::get<graph::Router>(context.node.op);
  return (2 * op.experts + op.groups + 2 * lanes_for(context.device, kLanes)) *
         static_cast<int64_t>(sizeof(f32));
}

Support supports(const OpContext& context) {
  return local_memory_support(context.device, local_bytes(context));
}

/// A second launch over what the first one chose.
Launch capacity_launch(const OpContext& context, const graph::Router& op) {
  const int64_t lanes = lanes_for(context.device, kLanes);
  Launch launch = make_launch("router_capacity", {}, {output_ref(0), output_ref(1)}, lanes);
  RouterCapacityArgs args{};
  args.top_k = narrow(op.top_k, "router: top_k");
  args.experts = narrow(op.experts, "router: experts");
  launch.work = [args, op, lanes, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "router: rows");
    args.places = narrow(op.places(args.rows), "router: capacity");
    return Work{worker_count(device, divide_up(args.experts, lanes)), bytes_of(args)};
  };
  return launch;
}

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::Router>(context.node.op);
  RouterArgs args{};
  args.experts = narrow(op.experts, "router: experts");
  args.top_k = narrow(op.top_k, "router: top_k");
  args.groups = narrow(op.groups, "router: groups");
  args.keep_groups = narrow(op.keep_groups, "router: keep_groups");
  args.sigmoid = op.score == graph::RouterScore::sigmoid;
  args.near_softmax = op.score == graph::RouterScore::near_softmax;
  args.near = op.near;
  args.top2_sum = op.group_score == graph::GroupScore::top2_sum;
  args.renormalise = op.renormalise;
  args.has_bias = context.has_input(1);
  args.scale = op.scale;
  Launch launch =
      make_launch("router", {}, {input_ref(0), optional_input_ref(context, 1), output_ref(0), output_ref(1)},
                  lanes_for(context.device, kLanes));
  launch.local_bytes = static_cast<size_t>(local_bytes(context));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "router: rows");
    return Work{worker_count(device, args.rows), bytes_of(args)};
  };
  Prepared prepared = one_launch(std::move(launch));
  if (op.capacity > 0) prepared.launches.push_back(capacity_launch(context, op));
  return prepared;
}

constexpr Variant kVariants[] = {{"router/rows", supports, prepare}};

}  // namespace

std::span<const Variant> router_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
