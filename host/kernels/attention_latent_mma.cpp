#include "host/kernels/attention_latent_mma.h"

#include <algorithm>

#include "graph/cache_row.h"
#include "host/kernels/attention_args.h"
#include "host/kernels/attention_decode_mma.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kLatents = 512;
constexpr int64_t kKeyCols = 576;
constexpr int64_t kSliceCols = 128;  ///< of the latents, under one scale in formats that have scales
constexpr int64_t kRows = 32;        ///< of a work-group
constexpr int64_t kLanes = 256;
constexpr int64_t kCopyBytes = 16;
constexpr int64_t kChunkStep = 32;  ///< what the keys of a chunk are a multiple of
constexpr int64_t kMostChunks = 128;

Support latents_fit(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const bool shapes = op.kv_heads == 1 && op.key_dim == kKeyCols && op.value_dim == kLatents;
  if (!shapes || op.shared_dim > 0 || context.node.inputs[1] != context.node.inputs[2] ||
      op.keys.offset != op.values.offset)
    return Support::no("for 512 latents and 64 rotary columns in one cache");
  const graph::Cache* cache = context.input(1).cache();
  if (cache == nullptr) return Support::no("for caches");
  const quant::CacheRow row = graph::row_of(*cache);
  if (op.keys.offset % 8 != 0 || row.bytes % kCopyBytes != 0)
    return Support::no("its rows do not start at multiples of 16 bytes");
  if (cache->format == "f16" || cache->format == "bf16" || cache->format == "f32")
    return attention_storage_support(context);
  if (cache->format != "fp8_e4m3") return Support::no("for caches of f32, f16, bf16 or fp8_e4m3");
  const bool pieces = row.scales % kCopyBytes == 0 && row.tail % kCopyBytes == 0;
  if (row.cols == kLatents && row.group == kSliceCols && row.tail_cols == kKeyCols - kLatents && pieces)
    return Support::yes();
  return Support::no("for 512 coded latents, a scale for each 128, and rotary columns in f16 behind them");
}

}  // namespace

int64_t latent_chunks(int64_t heads, int64_t units) {
  return std::clamp<int64_t>(units / divide_up(heads, kRows), 1, kMostChunks);
}

Support supports_attention_latent_mma(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  if (!context.device.probes.wgmma) return Support::no("the device has no wgmma");
  if (context.most.tokens > kSmallBatch)
    return Support::no("for at most " + std::to_string(kSmallBatch) + " tokens");
  if (op.alibi || op.softcap > 0 || op.selection.count > 0 || op.views != graph::QueryViews::one ||
      op.mask.first > 0)
    return Support::no("for rows in order, plain scores and one view of a query");
  return latents_fit(context);
}

Prepared prepare_attention_latent_mma(const OpContext& context) {
  AttentionArgs args = attention_args(context);
  args.tile = narrow(kChunkStep, "attention: keys");
  args.tiles = narrow(latent_chunks(args.heads, context.device.compute_units), "attention: chunks");
  Launch split;
  split.program.stem = "attention_latent_mma";
  split.program.entry = "nvidia/attention_latent_mma.cl";
  split.program.defines = attention_constants(context);
  split.program.defines.push_back(constant("HALVES", context.input(1).cache()->format == "f16" ? 1 : 0));
  split.program.defines.push_back(constant("QUERY_PARTS", attention_of(context).rounded ? 1 : 2));
  split.program.defines.push_back(constant("CHUNKS_OF_TOKENS", 1));
  split.program.defines.push_back(constant("CACHE_BYTES", row_bytes(context.input(1))));
  split.kernel = "attention_latent_mma";
  split.buffers = {input_ref(0), input_ref(1), input_ref(3), scratch_ref()};
  split.local_size = kLanes;
  split.work = [args](const graph::Sizes& sizes) {
    const AttentionArgs now = decode_args(args, sizes);
    return Work{sizes.tokens * divide_up(now.heads, kRows) * now.tiles, bytes_of(now)};
  };
  Prepared prepared;
  prepared.launches.push_back(std::move(split));
  prepared.launches.push_back(decode_join_launch(context, args));
  prepared.scratch_bytes = decode_scratch_bytes(context, args);
  return prepared;
}

}  // namespace clinfer::kernels
