#include <limits>

#include "cl_kernels/args/glu_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::Glu>(context.node.op);
  const int64_t cols = context.output(0).type.cols;
  const int64_t part_cols = op.width > 0 ? op.width : cols;
  GluArgs args{};
  args.cols = narrow(part_cols, "glu: columns");
  args.stride = narrow(op.width > 0 ? 2 * op.width : cols, "glu: columns");
  args.up_at = op.width == 0 ? 0 : op.interleaved ? 1 : args.cols;
  args.limit = op.limit > 0 ? op.limit : std::numeric_limits<f32>::infinity();
  args.alpha = op.alpha;
  args.up_offset = op.up_offset;
  // Pairs that take turns are read one by one.
  const ColumnItems items =
      column_items(context.device, {args.cols, args.stride, args.up_at, op.interleaved ? 1 : 4});
  args.chunk = items.chunk;
  std::vector<std::string> defines = items.defines;
  defines.push_back(constant("ACTIVATION", static_cast<int64_t>(op.activation)));
  defines.push_back(constant("CLAMPED", op.clamped()));
  defines.push_back(constant("STEP", op.interleaved ? 2 : 1));
  Launch launch =
      make_launch("glu", std::move(defines), {input_ref(0), input_ref(op.width > 0 ? 0 : 1), output_ref(0)},
                  lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows, parts_of_row = cols / part_cols,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.parts = narrow(sizes.of(rows) * parts_of_row, "glu: rows");
    return Work{worker_count(device, args.parts * divide_up(args.cols, args.chunk)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"glu/columns", always, prepare}};

}  // namespace

std::span<const Variant> glu_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
