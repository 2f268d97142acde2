#include "cl_kernels/args/block_compress_args.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

/// A block's rows and the hidden layer.
int64_t local_bytes(const OpContext& context) {
  const auto& op = std::get<graph::BlockCompress>(context.node.op);
  return (op.length * op.dim + context.input(2).type.rows.factor) * static_cast<int64_t>(sizeof(f32));
}

Support supports(const OpContext& context) {
  const Support memory = local_memory_support(context.device, local_bytes(context));
  return memory.ok ? cache_support({&context.input(0)}) : memory;
}

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::BlockCompress>(context.node.op);
  const graph::Value& rows = context.input(0);
  BlockCompressArgs args{};
  args.heads = narrow(op.heads, "block_compress: heads");
  args.dim = narrow(op.dim, "block_compress: dim");
  args.stride = narrow(op.stride, "block_compress: stride");
  args.length = narrow(op.length, "block_compress: length");
  args.hidden = narrow(context.input(2).type.rows.factor, "block_compress: hidden size");
  args.row_bytes = narrow(row_bytes(rows), "block_compress: bytes of a row");
  std::vector<std::string> defines = cache_constants(context, {&rows});
  defines.push_back(constant("ROWS", static_cast<int64_t>(storage_of(rows, 0))));
  Launch launch = make_launch(
      "block_compress", std::move(defines),
      {input_ref(0), input_ref(1), input_ref(2), input_ref(3), input_ref(4), output_ref(0), output_ref(1)},
      lanes_for(context.device, 64));
  launch.local_bytes = static_cast<size_t>(local_bytes(context));
  launch.work = [args, device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.tokens, "block_compress: tokens");
    return Work{worker_count(device, sizes.tokens * args.heads), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"block_compress/blocks", supports, prepare}};

}  // namespace

std::span<const Variant> block_compress_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
