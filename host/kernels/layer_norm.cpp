#include "cl_kernels/args/layer_norm_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  constexpr int64_t kManyColumns = 512;
  const int64_t cols = context.input(0).type.cols;
  const graph::Type& weight = context.input(1).type;
  const int64_t lanes = lanes_for(context.device, weight.cols > kManyColumns ? 256 : 64);
  LayerNormArgs args{};
  args.group_cols = narrow(weight.cols, "layer_norm: columns");
  args.heads = narrow(weight.rows.factor, "layer_norm: heads");
  args.has_bias = context.has_input(2);
  const auto& op = std::get<graph::LayerNorm>(context.node.op);
  args.eps = op.eps;
  args.weight_offset = op.unit_offset ? 1.0f : 0.0f;
  Launch launch = make_launch(
      "layer_norm", {}, {input_ref(0), input_ref(1), optional_input_ref(context, 2), output_ref(0)}, lanes);
  launch.local_bytes = static_cast<size_t>(lanes) * sizeof(f32);
  launch.work = [args, rows = context.input(0).type.rows, groups_of_row = cols / weight.cols,
                 device = context.device](const graph::Sizes& sizes) mutable {
    const int64_t groups = sizes.of(rows) * groups_of_row;
    args.groups = narrow(groups, "layer_norm: groups");
    return Work{worker_count(device, groups), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"layer_norm/groups", always, prepare}};

}  // namespace

std::span<const Variant> layer_norm_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
