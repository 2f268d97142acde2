#include "cl_kernels/args/slice_args.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Support supports(const OpContext& context) {
  const auto& op = std::get<graph::Slice>(context.node.op);
  const graph::Value& x = context.input(0);
  const Support layout = cache_support({&x});
  if (!layout.ok || storage_of(x, op.offset) == storage_of(x, op.offset + op.width - 1)) return layout;
  return Support::no("its columns lie across the border of a cache's coded columns");
}

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::Slice>(context.node.op);
  SliceArgs args{};
  args.width = narrow(op.width, "slice: width");
  args.parts = narrow(op.parts, "slice: parts");
  args.stride = narrow(op.stride, "slice: stride");
  const graph::Value& x = context.input(0);
  args.offset = narrow(storage_column(x, op.offset), "slice: offset");
  args.x_bytes = narrow(row_bytes(x), "slice: bytes of a row");
  std::vector<std::string> defines = cache_constants(context, {&x});
  defines.push_back(constant("SLICED", static_cast<int64_t>(storage_of(x, op.offset))));
  // Vectors that do not cross from one scale to the next.
  defines.push_back(constant("ALIGNED", scale_group(x) % 16 == 0 && op.offset % 16 == 0 ? 1 : 0));
  Launch launch = make_launch("slice", std::move(defines), {input_ref(0), output_ref(0)},
                              lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(0).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.rows = narrow(sizes.of(rows), "slice: rows");
    return Work{worker_count(device, int64_t{args.rows} * args.parts), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"slice/rows", supports, prepare}};

}  // namespace

std::span<const Variant> slice_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
