#include "cl_kernels/args/rms_norm_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  constexpr int64_t kManyColumns = 512;
  const int64_t cols = context.input(0).type.cols;
  const int64_t group_cols = context.input(1).type.cols;
  const int64_t lanes = lanes_for(context.device, group_cols > kManyColumns ? 256 : 64);
  RmsNormArgs args{};
  args.group_cols = narrow(group_cols, "rms_norm: columns");
  const auto& op = std::get<graph::RmsNorm>(context.node.op);
  args.eps = op.eps;
  args.weight_offset = op.unit_offset ? 1.0f : 0.0f;
  const bool has_delta = context.has_input(2);
  args.has_delta = has_delta ? 1 : 0;
  Launch launch = make_launch("rms_norm", column_items(context.device, {group_cols}).defines,
                              {input_ref(0), input_ref(1), input_ref(has_delta ? 2 : 0), output_ref(0),
                               output_ref(has_delta ? 1 : 0)},
                              lanes);
  launch.local_bytes = static_cast<size_t>(lanes) * sizeof(f32);
  launch.work = [args, rows = context.input(0).type.rows, groups_of_row = cols / group_cols,
                 device = context.device](const graph::Sizes& sizes) mutable {
    const int64_t groups = sizes.of(rows) * groups_of_row;
    args.groups = narrow(groups, "rms_norm: groups");
    return Work{worker_count(device, groups), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"rms_norm/groups", always, prepare}};

}  // namespace

std::span<const Variant> rms_norm_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
