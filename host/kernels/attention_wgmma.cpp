#include "host/kernels/attention_wgmma.h"

#include <algorithm>

#include "host/kernels/attention_args.h"
#include "host/kernels/attention_mma.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kKeyTile = 64;
constexpr int64_t kBlockBytes = 8192;  ///< of 64 columns or keys of a part
constexpr int64_t kValueBlocks = 2;    ///< of a tile and part
constexpr int64_t kWarpgroupRows = 64;
constexpr int64_t kWarpgroupLanes = 128;
constexpr int64_t kThreeKeyCols = 128;  ///< up to which three warpgroups' rows fit in registers, in one part
constexpr int64_t kPackLanes = 256;
constexpr int64_t kPackGroups = 4;  ///< of a compute unit, as many as reside: each finds the keys seen once
constexpr int64_t kMostKeyCols = 192;
constexpr int64_t kMostValueCols = 128;
constexpr int64_t kLeastDim = 64;  ///< of keys in bf16
constexpr int64_t kMostPackedBytes = int64_t{4} << 30;

int64_t key_cols(const graph::Attention& op) {
  return divide_up(op.key_dim + op.shared_dim, 64) * 64;
}

/// Whether every operand is a cache of this plain format.
bool are_all(const OpContext& context, std::string_view format) {
  for (const graph::Value* value : attention_storages(context))
    if (value != nullptr && (value->cache() == nullptr || value->cache()->format != format)) return false;
  return true;
}

bool are_halves(const OpContext& context) {
  return are_all(context, "f16");
}

/// Of a key or value.
int64_t parts_of(const OpContext& context) {
  const bool one = attention_of(context).rounded || are_halves(context) || are_all(context, "bf16");
  return one ? 1 : 2;
}

/// That multiply.
int64_t warpgroups_of(const graph::Attention& op) {
  return op.rounded && key_cols(op) <= kThreeKeyCols ? 3 : 2;
}

int64_t packed_bytes(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  return packed_attention_bytes(op.kv_heads, key_cols(op), context.most.context, parts_of(context));
}

std::vector<std::string> make_constants(const OpContext& context) {
  std::vector<std::string> result = attention_constants(context);
  const std::pair<const char*, int64_t> more[] = {{"HALVES", are_halves(context) ? 1 : 0},
                                                  {"PARTS", parts_of(context)},
                                                  {"QUERY_PARTS", attention_of(context).rounded ? 1 : 2},
                                                  {"WARPGROUPS", warpgroups_of(attention_of(context))},
                                                  {"KEY_COLS", key_cols(attention_of(context))}};
  for (const auto& [name, value] : more) result.push_back(constant(name, value));
  return result;
}

AttentionArgs sized(AttentionArgs args, const graph::Sizes& sizes) {
  args.tokens = narrow(sizes.tokens, "attention: tokens");
  args.context = narrow(sizes.context, "attention: context");
  args.tile = narrow(kKeyTile, "attention: tile");
  args.tiles = narrow(divide_up(sizes.context, kKeyTile), "attention: tiles");
  return args;
}

Launch make(const OpContext& context, const char* stem, std::vector<BufferRef> buffers) {
  Launch launch;
  launch.program.stem = stem;
  launch.program.entry = "nvidia/" + std::string(stem) + ".cl";
  launch.program.defines = make_constants(context);
  launch.kernel = stem;
  launch.buffers = std::move(buffers);
  return launch;
}

BufferRef operand(int index) {
  return input_ref(index < 0 ? 3 : static_cast<size_t>(index));
}

}  // namespace

int64_t packed_attention_bytes(int64_t kv_heads, int64_t key_cols, int64_t context, int64_t parts) {
  return kv_heads * divide_up(context, kKeyTile) * parts * (key_cols / 64 + kValueBlocks) * kBlockBytes;
}

Support supports_attention_wgmma(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  if (!context.device.probes.wgmma) return Support::no("the device has no wgmma");
  if (context.most.tokens <= kSmallBatch)
    return Support::no("for more than " + std::to_string(kSmallBatch) + " tokens");
  const graph::AttentionMask usual{.window = op.mask.window, .chunk = op.mask.chunk};
  if (op.alibi || op.selection.count > 0 || op.views != graph::QueryViews::one || op.mask != usual)
    return Support::no("for rows in order and one view of a query");
  const int64_t dim = op.key_dim + op.shared_dim;
  if (dim > kMostKeyCols || op.value_dim > kMostValueCols)
    return Support::no("for heads of up to 192 key and 128 value columns");
  if (dim < kLeastDim && !op.rounded && !are_halves(context))
    return Support::no("for heads of 64 columns, or f16 caches");
  if (dim % 2 != 0 || op.value_dim % 2 != 0 || !reads_fours(context))
    return Support::no("its columns are no multiples of 4, or coded in part");
  if (packed_bytes(context) > kMostPackedBytes)
    return Support::no("its packed keys and values would be more than " +
                       std::to_string(kMostPackedBytes >> 20) + " MiB");
  return attention_storage_support(context);
}

Prepared prepare_attention_wgmma(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const AttentionArgs args = attention_args(context);
  Launch pack = make(context, "attention_pack",
                     {input_ref(1), input_ref(2), input_ref(3), operand(op.shared_operand()), scratch_ref()});
  pack.local_size = kPackLanes;
  const int64_t units = std::max<int64_t>(1, context.device.compute_units);
  pack.work = [args, most = units * kPackGroups](const graph::Sizes& sizes) {
    const AttentionArgs now = sized(args, sizes);
    return Work{std::min(int64_t{now.kv_heads} * now.tiles, most), bytes_of(now)};
  };
  Launch attend =
      make(context, "attention_wgmma",
           {input_ref(0), scratch_ref(), input_ref(3), operand(op.sinks_operand()), output_ref(0)});
  attend.program.sm_90a = true;
  const int64_t warpgroups = warpgroups_of(op);
  attend.local_size = static_cast<size_t>((warpgroups + 1) * kWarpgroupLanes);
  attend.work = [args, rows = warpgroups * kWarpgroupRows, units](const graph::Sizes& sizes) {
    const AttentionArgs now = sized(args, sizes);
    const int64_t items = divide_up(sizes.tokens * (now.heads / now.kv_heads), rows) * now.kv_heads;
    return Work{std::min(items, units), bytes_of(now)};
  };
  Prepared prepared;
  prepared.launches = {std::move(pack), std::move(attend)};
  prepared.scratch_bytes = packed_bytes(context);
  return prepared;
}

}  // namespace clinfer::kernels
