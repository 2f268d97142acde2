#include "cl_kernels/args/cache_append_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Support supports(const OpContext& context) {
  return storage_support(context.input(0));
}

Prepared prepare(const OpContext& context) {
  CacheAppendArgs args{};
  args.cols = narrow(context.input(1).type.cols, "cache_append: columns");
  args.cache_width = narrow(context.input(0).type.cols, "cache_append: cache width");
  args.offset = narrow(std::get<graph::CacheAppend>(context.node.op).offset, "cache_append: offset");
  Launch launch =
      make_launch("cache_append", {constant("APPEND_F16", holds_f16(context.input(0)))},
                  {input_ref(0), input_ref(1), input_ref(2)}, lanes_for(context.device, kElementwiseLanes));
  launch.work = [args, rows = context.input(1).type.rows,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.of(rows), "cache_append: tokens");
    return Work{worker_count(device, args.tokens), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"cache_append/rows", supports, prepare}};

}  // namespace

std::span<const Variant> cache_append_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
