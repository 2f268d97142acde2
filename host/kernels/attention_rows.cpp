#include "host/kernels/attention_rows.h"

#include <algorithm>
#include <string>
#include <vector>

#include "host/kernels/attention_shape.h"
#include "host/kernels/attention_split.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kRowLanes = 16;  ///< query rows of a vector
/// Parts of bf16 leave up to 3 * 2^-18 of a score's terms, a sum of k may be off by k + 8 times 2^-21 of
/// them.
constexpr int64_t kLeastTileDim = 32;
constexpr int64_t kLeastHeads = 9;  ///< that share a kv head: more than half a vector

/// Of query rows that share a kv head, taken by `rows`.
int64_t row_items(const graph::Attention& op, int64_t tokens, int64_t rows) {
  return divide_up(tokens * (op.heads / op.kv_heads), rows) * op.kv_heads;
}

/// How the products of include/attention_rows.clh are made.
struct Products {
  int64_t most_vectors;  ///< of rows
  int64_t vectors_step;
  int64_t pad;         ///< columns and keys are padded to multiples of it
  int64_t float_rows;  ///< that a worker needs beside them
};
constexpr Products kFloats{3, 1, 8, 0};  ///< sums of 8 keys fit the registers
constexpr Products kTiles{4, 2, 32, 32};

/// As many as leave each compute unit some items.
int64_t tile_row_vectors(const OpContext& context, const Products& products) {
  int64_t vectors = products.most_vectors;
  const auto items = [&] {
    return row_items(attention_of(context), context.most.tokens, vectors * kRowLanes);
  };
  while (vectors > products.vectors_step && items() < 4 * context.device.compute_units)
    vectors -= products.vectors_step;
  return vectors;
}

/// Of a token's heads: as few that none is there as may be, then as many as may be.
int64_t split_row_vectors(const graph::Attention& op) {
  const int64_t all = divide_up(op.heads / op.kv_heads, kRowLanes);
  int64_t best = kFloats.most_vectors;
  const auto taken = [&](int64_t vectors) { return divide_up(all, vectors) * vectors; };
  for (int64_t vectors = best; vectors > 0; --vectors)
    if (taken(vectors) < taken(best)) best = vectors;
  return best;
}

/// Of a worker: queries, sums and scores of its rows, keys or values of a tile.
int64_t row_scratch_bytes(const graph::Attention& op, int64_t rows, int64_t tile, const Products& products) {
  const auto padded = [&](int64_t columns) { return divide_up(columns, products.pad) * products.pad; };
  const int64_t dim = padded(op.key_dim + op.shared_dim);
  const int64_t value_dim = padded(op.value_dim);
  const int64_t floats =
      (dim + value_dim + tile) * rows + (tile + products.float_rows) * std::max(dim, value_dim);
  return floats * static_cast<int64_t>(sizeof(f32));
}

Launch rows_launch(const OpContext& context, std::string_view stem, std::vector<BufferRef> buffers,
                   int64_t vectors, int64_t tile) {
  std::vector<std::string> defines = attention_constants(context);
  defines.push_back(constant("ROW_VECTORS", vectors));
  defines.push_back(constant("KEY_TILE", tile));
  defines.push_back(constant("DIM_VEC", dim_vec(context)));
  return make_launch(stem, std::move(defines), std::move(buffers), 1);
}

Prepared prepare_tile(const OpContext& context, const Products& products,
                      const std::vector<std::string>& constants) {
  const graph::Attention& op = attention_of(context);
  const int64_t vectors = tile_row_vectors(context, products);
  const int64_t rows = vectors * kRowLanes;
  const int64_t tile = tile_in_view(op, tuned(context.device, kAttentionKeyTile));
  std::vector<BufferRef> buffers = attention_buffers(context, output_ref(0));
  buffers.push_back(scratch_ref());
  Launch launch = rows_launch(context, "attention/tile_vector", std::move(buffers), vectors, tile);
  launch.kernel = "attention_tile_vector";
  for (const std::string& define : constants) launch.program.defines.push_back(define);
  launch.work = attention_work(attention_args(context), context,
                               [op, rows](const AttentionArgs& a) { return row_items(op, a.tokens, rows); });
  Prepared prepared = one_launch(std::move(launch));
  const int64_t workers = worker_count(context.device, row_items(op, context.most.tokens, rows));
  prepared.scratch_bytes = workers * row_scratch_bytes(op, rows, tile, products);
  return prepared;
}

/// Whether bf16 holds all keys and values.
bool are_bf16(const OpContext& context) {
  return std::ranges::all_of(attention_storages(context), [](const graph::Value* value) {
    return value == nullptr || (value->cache() != nullptr && value->cache()->format == "bf16");
  });
}

}  // namespace

Support supports_attention_tile_vector(const OpContext& context) {
  if (one_item_workers(context.device)) return tiles_support(context);
  return Support::no("for work-items with vectors of their own");
}

Prepared prepare_attention_tile_vector(const OpContext& context) {
  return prepare_tile(context, kFloats, {});
}

Support supports_attention_tile_amx(const OpContext& context) {
  if (!context.device.probes.x86_amx_bf16 || !one_item_workers(context.device))
    return Support::no("the device has no AMX");
  const graph::Attention& op = attention_of(context);
  if (op.key_dim + op.shared_dim < kLeastTileDim)
    return Support::no("for keys of " + std::to_string(kLeastTileDim) + " columns or more");
  if (tile_in_view(op, tuned(context.device, kAttentionKeyTile)) % kTiles.pad != 0)
    return Support::no("the chunk of its views is no multiple of " + std::to_string(kTiles.pad));
  return tiles_support(context);
}

Prepared prepare_attention_tile_amx(const OpContext& context) {
  return prepare_tile(context, kTiles, {constant("AMX", 1), constant("PARTS", are_bf16(context) ? 1 : 2)});
}

Support supports_attention_split_vector(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  if (!one_item_workers(context.device)) return Support::no("for work-items with vectors of their own");
  if (op.heads / op.kv_heads < kLeastHeads)
    return Support::no("for " + std::to_string(kLeastHeads) + " heads or more that share a kv head");
  if (op.selection.count > 0) return Support::no("for rows in order");
  if (scale_group(context.input(1)) == 0)
    return Support::no("for caches of codes with scales, whose decoding heads can share");
  return supports_attention_split(context);
}

Prepared prepare_attention_split_vector(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const int64_t vectors = split_row_vectors(op);
  const int64_t rows = vectors * kRowLanes;
  const int64_t tile = tile_in_view(op, tuned(context.device, kAttentionKeyTile));
  Prepared prepared = prepare_attention_split(context);
  Launch& split = prepared.launches.front();
  Launch launch = rows_launch(context, "attention/split_vector", split.buffers, vectors, tile);
  launch.kernel = "attention_split_vector";
  const int64_t head_blocks = op.kv_heads * divide_up(op.heads / op.kv_heads, rows);
  AttentionArgs args = split_args(context);
  launch.work = attention_work(args, context, [head_blocks](const AttentionArgs& a) {
    return static_cast<int64_t>(a.tokens) * a.tiles * head_blocks;
  });
  set_sizes(args, op.mask, context.most);
  const int64_t workers = worker_count(context.device, args.tokens * args.tiles * head_blocks);
  split = std::move(launch);
  prepared.scratch_bytes =
      divide_up(prepared.scratch_bytes, 64) * 64 + workers * row_scratch_bytes(op, rows, tile, kFloats);
  return prepared;
}

}  // namespace clinfer::kernels
