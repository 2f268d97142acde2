#include "cl_kernels/args/cache_append_args.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kGroupLanes = 32;  ///< that share a group of columns with a scale

Support supports(const OpContext& context) {
  return cache_support({&context.input(0)});
}

Prepared prepare(const OpContext& context) {
  const graph::Value& cache = context.input(0);
  const int64_t cols = context.input(1).type.cols;
  const int64_t offset = std::get<graph::CacheAppend>(context.node.op).offset;
  const Storage storage = storage_of(cache, offset);
  const int64_t group = storage == Storage::codes ? scale_group(cache) : 0;
  CacheAppendArgs args{};
  args.cols = narrow(cols, "cache_append: columns");
  args.row_bytes = narrow(row_bytes(cache), "cache_append: bytes of a cache row");
  args.offset = narrow(group > 0 ? offset : column_byte(cache, offset), "cache_append: offset");
  args.ring = narrow(cache.cache()->ring, "cache_append: rows of a ring");
  args.ring_first = narrow(cache.cache()->ring_first, "cache_append: rows before a ring");
  std::vector<std::string> defines = cache_constants(context, {&cache});
  if (args.ring > 0) defines.push_back(constant("RING", 1));
  defines.push_back(constant("APPENDED", static_cast<int64_t>(storage)));
  Launch launch = make_launch("cache_append", std::move(defines), {input_ref(0), input_ref(1), input_ref(2)},
                              lanes_for(context.device, group > 0 ? kGroupLanes : kElementwiseLanes));
  launch.work = [args, items = group > 0 ? cols / group : 1,
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.tokens, "cache_append: tokens");
    return Work{worker_count(device, args.tokens * items), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"cache_append/rows", supports, prepare}};

}  // namespace

std::span<const Variant> cache_append_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
