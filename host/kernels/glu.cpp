#include <limits>

#include "cl_kernels/args/glu_args.h"
#include "host/kernels/fp8_columns.h"
#include "host/kernels/fp8_linear.h"
#include "host/kernels/gated_linear.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"
#include "host/kernels/rounded.h"

namespace clinfer::kernels {

namespace {

constexpr int32_t kRunColumns = 512;  ///< of RUN_COLS

/// The launch with y in plain f32 at `y`, or as records.
Launch make_glu(const OpContext& context, const BufferRef& y, bool records) {
  const auto& op = std::get<graph::Glu>(context.node.op);
  const graph::Type& type = context.output(0).type;
  const int64_t part_cols = op.width > 0 ? op.width : type.cols;
  GluArgs args{};
  args.cols = narrow(part_cols, "glu: columns");
  args.stride = narrow(op.width > 0 ? 2 * op.width : part_cols, "glu: columns");
  args.up_at = op.width == 0 ? 0 : op.interleaved ? 1 : args.cols;
  args.row_parts = narrow(type.cols / part_cols, "glu: parts");
  args.limit = op.limit > 0 ? op.limit : std::numeric_limits<f32>::infinity();
  args.alpha = op.alpha;
  args.up_offset = op.up_offset;
  // Pairs that take turns are read one by one.
  const ColumnItems items =
      column_items(context.device, {args.cols, args.stride, args.up_at, op.interleaved ? 1 : 4});
  args.chunk = records && one_item_workers(context.device) ? kRunColumns : items.chunk;
  std::vector<std::string> defines = items.defines;
  defines.push_back(constant("GATE", static_cast<int64_t>(op.activation)));
  defines.push_back(constant("CLAMPED", op.clamped()));
  defines.push_back(constant("STEP", op.interleaved ? 2 : 1));
  for (std::string& define : rounded_defines(context, records)) defines.push_back(std::move(define));
  Launch launch = make_launch("glu", std::move(defines), {input_ref(0), input_ref(op.width > 0 ? 0 : 1), y},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = type.rows, device = context.device](const graph::Sizes& sizes) mutable {
    args.parts = narrow(sizes.of(rows) * args.row_parts, "glu: rows");
    return Work{worker_count(device, args.parts * divide_up(args.cols, args.chunk)), bytes_of(args)};
  };
  return launch;
}

Support supports_apart(const OpContext& context) {
  return context.has_input(2) ? Support::no("gate and up are matrices") : Support::yes();
}

Support supports_rounded(const OpContext& context) {
  if (context.has_input(2)) return supports_apart(context);
  const auto& op = std::get<graph::Glu>(context.node.op);
  const Support here = supports_runs(context);
  if (!here.ok) return here;
  if (op.width > 0 && op.width < context.output(0).type.cols && !graph::fills_blocks(op.format, op.width))
    return Support::no("blocks lie across slots");
  return Support::yes();
}

Support supports_glu_warps(const OpContext& context) {
  if (context.has_input(2)) return supports_apart(context);
  const auto& op = std::get<graph::Glu>(context.node.op);
  const Support here = supports_warps(context, op.width > 0 ? op.width : context.output(0).type.cols);
  if (here.ok && op.interleaved) return Support::no("gate and up lie in turn");
  return here;
}

Prepared prepare_rounded(const OpContext& context) {
  return one_launch(make_glu(context, output_ref(0), true));
}

Prepared prepare(const OpContext& context) {
  if (std::get<graph::Glu>(context.node.op).format.empty())
    return one_launch(make_glu(context, output_ref(0), false));
  return then_rounded(context, make_glu(context, scratch_ref(), false), scratch_ref());
}

constexpr Variant kVariants[] = {{"glu/fp8_columns", supports_glu_fp8_columns, prepare_glu_fp8_columns},
                                 {"glu/fp8_wgmma", supports_glu_fp8_wgmma, prepare_glu_fp8_wgmma},
                                 {"glu/linear_rows", supports_glu_linear_rows, prepare_glu_linear_rows},
                                 {"glu/warps", supports_glu_warps, prepare_rounded},
                                 {"glu/rounded", supports_rounded, prepare_rounded},
                                 {"glu/columns", supports_apart, prepare}};

}  // namespace

std::span<const Variant> glu_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
