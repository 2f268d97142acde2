#include <span>

#include "host/kernels/attention_decode_mma.h"
#include "host/kernels/attention_latent_mma.h"
#include "host/kernels/attention_mma.h"
#include "host/kernels/attention_rows.h"
#include "host/kernels/attention_shape.h"
#include "host/kernels/attention_split.h"
#include "host/kernels/attention_wgmma.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

AttentionShape tile_shape(const OpContext& context) {
  AttentionShape shape;
  shape.lanes = lanes_for(context.device, 128);
  shape.queries = 8;
  shape.tile = tile_in_view(attention_of(context), 128);
  return shape;
}

Support supports_tile(const OpContext& context) {
  if (one_item_workers(context.device)) return Support::no("for lanes that run side by side");
  const Support memory = local_memory_support(context.device, tile_shape(context).local_bytes());
  return memory.ok ? tiles_support(context) : memory;
}

Prepared prepare_tile(const OpContext& context) {
  const AttentionShape shape = tile_shape(context);
  AttentionArgs args = attention_args(context);
  args.tile = narrow(shape.tile, "attention: tile");
  Launch launch = make_launch("attention/tile", shape_constants(context, shape),
                              attention_buffers(context, output_ref(0)), shape.lanes);
  launch.kernel = "attention_tile";
  launch.local_bytes = static_cast<size_t>(shape.local_bytes());
  launch.work = attention_work(args, context, [rows = shape.queries](const AttentionArgs& a) {
    return divide_up(static_cast<int64_t>(a.tokens) * (a.heads / a.kv_heads), rows) * a.kv_heads;
  });
  return one_launch(std::move(launch));
}

Prepared prepare_simple(const OpContext& context) {
  Launch launch = make_launch("attention/simple", attention_constants(context),
                              attention_buffers(context, output_ref(0)), 1);
  launch.kernel = "attention_simple";
  launch.work = attention_work(attention_args(context), context, [](const AttentionArgs& a) {
    return static_cast<int64_t>(a.tokens) * a.heads;
  });
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {
    {"attention/decode_mma", supports_attention_decode_mma, prepare_attention_decode_mma},
    {"attention/latent_mma", supports_attention_latent_mma, prepare_attention_latent_mma},
    {"attention/split_vector", supports_attention_split_vector, prepare_attention_split_vector},
    {"attention/decode_split", supports_attention_split, prepare_attention_split},
    {"attention/wgmma", supports_attention_wgmma, prepare_attention_wgmma},
    {"attention/mma", supports_attention_mma, prepare_attention_mma},
    {"attention/tile", supports_tile, prepare_tile},
    {"attention/tile_amx", supports_attention_tile_amx, prepare_attention_tile_amx},
    {"attention/tile_vector", supports_attention_tile_vector, prepare_attention_tile_vector},
    {"attention/simple", attention_storage_support, prepare_simple}};

}  // namespace

std::span<const Variant> attention_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
