#include "cl_kernels/args/block_importance_args.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/choose_highest.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Support supports(const OpContext& context) {
  return cache_support({&context.input(1)});
}

BlockImportanceArgs args_of(const OpContext& context) {
  const auto& op = std::get<graph::BlockSelect>(context.node.op);
  BlockImportanceArgs args{};
  args.heads = narrow(op.heads, "block_select: heads");
  args.kv_heads = narrow(op.kv_heads, "block_select: kv_heads");
  args.dim = narrow(op.dim, "block_select: dim");
  args.stride = narrow(op.stride, "block_select: stride");
  args.length = narrow(op.length, "block_select: length");
  args.block = narrow(op.block, "block_select: block");
  args.initial = narrow(op.initial, "block_select: initial blocks");
  args.local_blocks = narrow(op.local, "block_select: local blocks");
  args.key_bytes = narrow(row_bytes(context.input(1)), "block_select: bytes of a key row");
  args.pitch = narrow(divide_up(context.most.context, op.block), "block_select: blocks");
  args.row_pitch = narrow(divide_up(context.most.context, op.stride), "block_select: compressed rows");
  args.scale = op.scale;
  return args;
}

Prepared prepare(const OpContext& context) {
  const graph::Value& keys = context.input(1);
  BlockImportanceArgs args = args_of(context);
  std::vector<std::string> defines = cache_constants(context, {&keys});
  defines.push_back(constant("KEYS", static_cast<int64_t>(storage_of(keys, 0))));
  Launch importance =
      make_launch("block_importance", std::move(defines),
                  {input_ref(0), input_ref(1), input_ref(2), scratch_ref()}, lanes_for(context.device, 128));
  importance.work = [args, device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.tokens, "block_select: tokens");
    args.context = narrow(sizes.context, "block_select: context");
    return Work{worker_count(device, sizes.tokens * args.kv_heads), bytes_of(args)};
  };
  ChooseHighestArgs choice{};
  choice.sets = args.kv_heads;
  choice.block = args.block;
  choice.count = narrow(std::get<graph::BlockSelect>(context.node.op).count, "block_select: count");
  choice.pitch = args.pitch;
  Prepared prepared;
  prepared.launches = {std::move(importance), choose_highest(context, 2, choice)};
  const int64_t elements = int64_t{args.pitch} + 2 * int64_t{args.row_pitch};
  prepared.scratch_bytes = context.most.tokens * args.kv_heads * elements * static_cast<int64_t>(sizeof(f32));
  return prepared;
}

constexpr Variant kVariants[] = {{"block_select/rows", supports, prepare}};

}  // namespace

std::span<const Variant> block_select_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
