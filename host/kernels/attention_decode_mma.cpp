#include "host/kernels/attention_decode_mma.h"

#include <algorithm>

#include "host/kernels/attention_args.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kWarps = 4;
constexpr int64_t kGroupsOfUnit = 2;  ///< that registers leave room for
constexpr int64_t kTileRows = 8;      ///< query rows of a tile
constexpr int64_t kMostTiles = 2;     ///< of a work-group
constexpr int64_t kColumnStep = 8;    ///< what columns, offsets and strides are multiples of
constexpr int64_t kMostCols = 128;    ///< of a head
constexpr int64_t kLeastBf16 = 64;    ///< columns of a key in two bf16
constexpr int64_t kMostChunks = 512;
constexpr int64_t kJoinLanes = 256;
constexpr int64_t kJoinCols = 32;

/// Formats whose codes are halves, and those of bf16 or two bf16.
bool are_halves(const std::string& format) {
  return format == "f16" || format == "fp8_e4m3";
}
bool are_bf16(const std::string& format) {
  return format == "bf16" || format == "f32";
}

/// Whether heads of `dim` columns start at multiples of 8 columns, each under one scale.
bool fits(const graph::Value& value, const graph::HeadLayout& layout, int64_t dim, int64_t heads) {
  const int64_t end = layout.offset + (heads - 1) * layout.head_stride + dim;
  const int64_t group = scale_group(value);
  const bool one_scale =
      group == 0 || (dim <= group && layout.offset % group == 0 && layout.head_stride % group == 0);
  return dim % kColumnStep == 0 && layout.offset % kColumnStep == 0 &&
         layout.head_stride % kColumnStep == 0 && row_bytes(value) % kColumnStep == 0 && one_scale &&
         storage_of(value, end - 1) == Storage::codes;
}

Support cache_fits(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  for (const size_t i : {size_t{1}, size_t{2}}) {
    const graph::Cache* cache = context.input(i).cache();
    if (cache == nullptr || !(are_halves(cache->format) || are_bf16(cache->format)))
      return Support::no("for caches of f32, f16, bf16 or fp8_e4m3");
    if (scale_group(context.input(i)) == 0 && row_bytes(context.input(i)) % 16 != 0)
      return Support::no("rows of its cache are no multiple of 16 bytes");
  }
  if (are_bf16(context.input(1).cache()->format) && op.key_dim < kLeastBf16)
    return Support::no("for heads of 64 columns or more in f32 and bf16");
  if (fits(context.input(1), op.keys, op.key_dim, op.kv_heads) &&
      fits(context.input(2), op.values, op.value_dim, op.kv_heads))
    return Support::yes();
  return Support::no("its heads do not start at multiples of 8 columns, each under a scale of its own");
}

std::vector<std::string> make_constants(const OpContext& context, int64_t row_tiles) {
  const graph::Attention& op = attention_of(context);
  std::vector<std::string> result = attention_constants(context);
  const bool halves = are_halves(context.input(1).cache()->format);
  const std::pair<const char*, int64_t> more[] = {{"HALVES", halves ? 1 : 0},
                                                  {"KEY_COLS", op.key_dim},
                                                  {"VALUE_COLS", op.value_dim},
                                                  {"ROW_TILES", row_tiles},
                                                  {"WARPS", kWarps}};
  for (const auto& [name, value] : more) result.push_back(constant(name, value));
  return result;
}

/// Twice the usual keys where a whole context then still has a chunk for each compute unit.
int64_t least_chunk(const OpContext& context) {
  const int64_t usual = tuned(context.device, kAttentionMmaChunk);
  const int64_t larger = attention_of(context).kv_heads * divide_up(context.most.context, 2 * usual);
  return larger < context.device.compute_units ? usual : 2 * usual;
}

/// For calls whose rows of a kv head need so many tiles, or more where that is the most.
Launch split_launch(const OpContext& context, const AttentionArgs& args, int64_t row_tiles) {
  Launch launch;
  launch.program.stem = "attention_decode_mma";
  launch.program.entry = "nvidia/attention_decode_mma.cl";
  launch.program.defines = make_constants(context, row_tiles);
  launch.kernel = "attention_decode_mma";
  launch.buffers = {input_ref(0), input_ref(1), input_ref(2), input_ref(3), scratch_ref()};
  launch.local_size = kWarps * 32;
  const int64_t resident = context.device.compute_units * kGroupsOfUnit;
  launch.work = [args, row_tiles, resident](const graph::Sizes& sizes) {
    const AttentionArgs now = decode_args(args, sizes);
    const int64_t rows = sizes.tokens * (now.heads / now.kv_heads);
    const bool mine = (rows <= kTileRows) == (row_tiles == 1);
    const int64_t blocks = mine ? divide_up(rows, row_tiles * kTileRows) : 0;
    return Work{std::min(blocks * now.kv_heads * now.tiles, resident), bytes_of(now)};
  };
  return launch;
}

}  // namespace

AttentionArgs decode_args(AttentionArgs args, const graph::Sizes& sizes) {
  args.tokens = narrow(sizes.tokens, "attention: tokens");
  args.context = narrow(sizes.context, "attention: context");
  if (args.tiles == 0) args.tiles = narrow(divide_up(sizes.context, args.tile), "attention: chunks");
  return args;
}

Launch decode_join_launch(const OpContext& context, const AttentionArgs& args) {
  const int sinks = attention_of(context).sinks_operand();
  Launch launch;
  launch.program.stem = "attention_decode_join";
  launch.program.entry = "nvidia/attention_decode_join.cl";
  launch.program.defines = attention_constants(context);
  if (args.tiles > 0) launch.program.defines.push_back(constant("CHUNKS_OF_TOKENS", 1));
  launch.kernel = "attention_decode_join";
  launch.buffers = {scratch_ref(), input_ref(3), input_ref(sinks < 0 ? 3 : static_cast<size_t>(sinks)),
                    output_ref(0)};
  launch.local_size = kJoinLanes;
  // Of 128 heads these are more than chains take: in one, with fewer that went on, tokens of models with
  // experts came out differently, for a reason not found yet.
  launch.work = [args](const graph::Sizes& sizes) {
    const AttentionArgs now = decode_args(args, sizes);
    return Work{sizes.tokens * now.heads * divide_up(now.value_dim, kJoinCols), bytes_of(now)};
  };
  return launch;
}

int64_t decode_scratch_bytes(const OpContext& context, const AttentionArgs& args) {
  const int64_t chunks = args.tiles > 0 ? args.tiles : divide_up(context.most.context, args.tile);
  return context.most.tokens * args.heads * chunks * (args.value_dim + 2) * static_cast<int64_t>(sizeof(f32));
}

int64_t decode_chunk(int64_t span, int64_t least) {
  int64_t chunk = least;
  while (divide_up(span, chunk) > kMostChunks) chunk *= 2;
  return chunk;
}

Support supports_attention_decode_mma(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  if (!context.device.probes.wgmma) return Support::no("the device has no wgmma");
  if (context.most.tokens > kSmallBatch)
    return Support::no("for at most " + std::to_string(kSmallBatch) + " tokens");
  if (op.alibi || op.selection.count > 0 || op.views != graph::QueryViews::one || op.mask.first > 0)
    return Support::no("for rows in order and one view of a query");
  if (op.shared_dim > 0) return Support::no("for keys without shared columns");
  if (op.key_dim > kMostCols || op.value_dim > kMostCols)
    return Support::no("for heads of up to 128 columns");
  const Support fit = cache_fits(context);
  return fit.ok ? attention_storage_support(context) : fit;
}

Prepared prepare_attention_decode_mma(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  AttentionArgs args = attention_args(context);
  args.tile = narrow(decode_chunk(context.most.context, least_chunk(context)), "attention: chunk");
  Prepared prepared;
  prepared.launches.push_back(split_launch(context, args, 1));
  if (context.most.tokens * (op.heads / op.kv_heads) > kTileRows)
    prepared.launches.push_back(split_launch(context, args, kMostTiles));
  prepared.launches.push_back(decode_join_launch(context, args));
  prepared.scratch_bytes = decode_scratch_bytes(context, args);
  return prepared;
}

}  // namespace clinfer::kernels
