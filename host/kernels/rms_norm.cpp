#include "cl_kernels/args/rms_norm_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"
#include "host/kernels/rounded.h"

namespace clinfer::kernels {

namespace {

/// The launch with y in plain f32 at `y`, or as records and at `y` where the op gives it plain too.
Launch make_norm(const OpContext& context, const BufferRef& y, bool records) {
  constexpr int64_t kManyColumns = 512;
  const int64_t cols = context.input(0).type.cols;
  const int64_t group_cols = context.input(1).type.cols;
  const int64_t lanes = lanes_for(context.device, group_cols > kManyColumns ? 256 : 64);
  const auto& op = std::get<graph::RmsNorm>(context.node.op);
  const bool has_delta = context.has_input(2);
  RmsNormArgs args{};
  args.group_cols = narrow(group_cols, "rms_norm: columns");
  args.eps = op.eps;
  args.weight_offset = op.unit_offset ? 1.0f : 0.0f;
  args.has_delta = has_delta ? 1 : 0;
  args.also_plain = op.also_plain ? 1 : 0;
  std::vector<std::string> defines = column_items(context.device, {group_cols}).defines;
  for (std::string& define : rounded_defines(context, records)) defines.push_back(std::move(define));
  Launch launch = make_launch("rms_norm", std::move(defines),
                              {input_ref(0), input_ref(1), input_ref(has_delta ? 2 : 0), y,
                               has_delta ? output_ref(1) : y, records ? output_ref(0) : y},
                              lanes);
  launch.local_bytes = static_cast<size_t>(lanes) * sizeof(f32);
  launch.work = [args, rows = context.input(0).type.rows, groups_of_row = cols / group_cols,
                 device = context.device](const graph::Sizes& sizes) mutable {
    const int64_t groups = sizes.of(rows) * groups_of_row;
    args.groups = narrow(groups, "rms_norm: groups");
    return Work{worker_count(device, groups), bytes_of(args)};
  };
  return launch;
}

/// Where y lies in f32: the node's last result if that is plain, else `otherwise`.
BufferRef plain_result(const OpContext& context, const BufferRef& otherwise) {
  const auto& op = std::get<graph::RmsNorm>(context.node.op);
  return op.also_plain ? output_ref(context.node.outputs.size() - 1) : otherwise;
}

/// `here` where the norm is of whole rows.
Support of_rows(const OpContext& context, const Support& here) {
  if (here.ok && context.input(0).type.cols != context.input(1).type.cols)
    return Support::no("for norms of whole rows");
  return here;
}

Support supports_rounded(const OpContext& context) {
  return of_rows(context, supports_runs(context));
}

Support supports_norm_warps(const OpContext& context) {
  return of_rows(context, supports_warps(context, context.input(1).type.cols));
}

Prepared prepare_rounded(const OpContext& context) {
  return one_launch(make_norm(context, plain_result(context, output_ref(0)), true));
}

Prepared prepare(const OpContext& context) {
  if (std::get<graph::RmsNorm>(context.node.op).format.empty())
    return one_launch(make_norm(context, output_ref(0), false));
  const BufferRef y = plain_result(context, scratch_ref());
  return then_rounded(context, make_norm(context, y, false), y);
}

constexpr Variant kVariants[] = {{"rms_norm/warps", supports_norm_warps, prepare_rounded},
                                 {"rms_norm/rounded", supports_rounded, prepare_rounded},
                                 {"rms_norm/groups", always, prepare}};

}  // namespace

std::span<const Variant> rms_norm_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
