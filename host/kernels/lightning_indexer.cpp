#include "cl_kernels/args/lightning_indexer_args.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/choose_highest.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

const graph::LightningIndexer& op_of(const OpContext& context) {
  return std::get<graph::LightningIndexer>(context.node.op);
}

/// Keys that a group holds decoded: four for a lone lane, else one a lane, padded.
int64_t local_bytes(int64_t lanes, int64_t dim) {
  return (lanes == 1 ? 4 * dim : lanes * (dim + 1)) * static_cast<int64_t>(sizeof(f32));
}

/// As many lanes as local memory has room for.
int64_t lanes_of(const OpContext& context) {
  int64_t lanes = lanes_for(context.device, 64);
  while (lanes > 1 && !local_memory_support(context.device, local_bytes(lanes, op_of(context).dim)).ok)
    lanes /= 2;
  return lanes;
}

Support supports(const OpContext& context) {
  const Support layout = cache_support({&context.input(1)});
  if (!layout.ok) return layout;
  return local_memory_support(context.device, local_bytes(lanes_of(context), op_of(context).dim));
}

LightningIndexerArgs args_of(const OpContext& context, int64_t pitch) {
  const graph::LightningIndexer& op = op_of(context);
  LightningIndexerArgs args{};
  args.heads = narrow(op.heads, "lightning_indexer: heads");
  args.dim = narrow(op.dim, "lightning_indexer: dim");
  args.count = narrow(op.count, "lightning_indexer: count");
  args.key_bytes = narrow(row_bytes(context.input(1)), "lightning_indexer: bytes of a key");
  args.pitch = narrow(pitch, "lightning_indexer: context");
  args.tile = one_item_workers(context.device) ? 256 : 64;
  return args;
}

Launch score(const OpContext& context, const LightningIndexerArgs& from) {
  const graph::Value& keys = context.input(1);
  const int64_t lanes = lanes_of(context);
  const int64_t wanted = lanes == 1 ? 16 : 4;
  const bool divides = op_of(context).dim % wanted == 0 && scale_group(keys) % wanted == 0;
  std::vector<std::string> defines = cache_constants(context, {&keys});
  defines.push_back(constant("KEYS", static_cast<int64_t>(storage_of(keys, 0))));
  defines.push_back(constant("DIM_VEC", divides ? wanted : 1));
  Launch launch = make_launch("lightning_indexer", std::move(defines),
                              {input_ref(0), input_ref(1), input_ref(2), input_ref(3), scratch_ref()}, lanes);
  launch.local_bytes = static_cast<size_t>(local_bytes(lanes, op_of(context).dim));
  launch.work = [args = from, device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.tokens, "lightning_indexer: tokens");
    args.context = narrow(sizes.context, "lightning_indexer: context");
    const int64_t items = sizes.tokens * divide_up(sizes.context, args.tile);
    return Work{worker_count(device, narrow(items, "lightning_indexer: tiles")), bytes_of(args)};
  };
  return launch;
}

Prepared prepare(const OpContext& context) {
  const int64_t pitch = divide_up(context.most.context, 16) * 16;
  const LightningIndexerArgs args = args_of(context, pitch);
  ChooseHighestArgs choice{};
  choice.sets = choice.block = 1;
  choice.count = args.count;
  choice.pitch = args.pitch;
  Prepared prepared;
  prepared.launches = {score(context, args), choose_highest(context, 3, choice)};
  prepared.scratch_bytes = context.most.tokens * pitch * static_cast<int64_t>(sizeof(f32));
  return prepared;
}

constexpr Variant kVariants[] = {{"lightning_indexer/tiles", supports, prepare}};

}  // namespace

std::span<const Variant> lightning_indexer_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
