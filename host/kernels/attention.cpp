#include <algorithm>
#include <span>

#include "host/kernels/attention_args.h"
#include "host/kernels/attention_decode_mma.h"
#include "host/kernels/attention_latent_mma.h"
#include "host/kernels/attention_mma.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

/// What differs between the variants and devices; the rest is in the args.
struct Shape {
  int64_t lanes = 1;    ///< WG_SIZE
  int64_t queries = 1;  ///< QUERIES: rows that share each key read
  int64_t dim_vec = 1;  ///< DIM_VEC
  int64_t tile = 1;     ///< keys scored together

  int64_t local_bytes() const { return queries * (lanes + tile) * static_cast<int64_t>(sizeof(f32)); }
};

constexpr int64_t kVectorWidths[] = {16, 8};  ///< of one work-item with vectors
constexpr int64_t kLaneWidths[] = {4};        ///< of one lane among many

/// The widest vector that divides the dimensions a lane walks along and the groups of a cache.
int64_t dim_vec(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const bool vectors = one_item_workers(context.device);
  const int64_t values = vectors ? op.value_dim : 0;
  int64_t group = 0;
  for (const graph::Value* value : attention_storages(context)) {
    if (value != nullptr) group = std::max(group, scale_group(*value));
  }
  for (const int64_t width : vectors ? std::span<const int64_t>(kVectorWidths) : kLaneWidths) {
    if (op.key_dim % width == 0 && op.shared_dim % width == 0 && values % width == 0 && group % width == 0)
      return width;
  }
  return 1;
}

constexpr int64_t kLeastTile = 16;

/// `tile`, or the largest half, quarter, ... of it, down to kLeastTile, of which a chunk of views has a whole
/// number: the keys of a tile meet one view of a query.
int64_t tile_in_view(const graph::Attention& op, int64_t tile) {
  if (op.view_chunk == 0 || op.view_chunk % tile == 0) return tile;
  int64_t smaller = kLeastTile;
  while (2 * smaller < tile && op.view_chunk % (2 * smaller) == 0) smaller *= 2;
  return smaller;
}

Support view_support(const graph::Attention& op) {
  if (op.view_chunk % kLeastTile == 0) return Support::yes();
  return Support::no("the chunk of its views is no multiple of " + std::to_string(kLeastTile));
}

/// Rows from the first to the last that one query sees at most, but for first rows that lie apart.
int64_t span_of(const graph::AttentionMask& mask, int64_t context) {
  if (mask.window > 0) return std::min(context, mask.window + mask.first);
  return mask.chunk > 0 ? std::min(context, mask.chunk) : context;
}

/// Keys of a chunk of decode_split: so many that a long context makes no more chunks than the scratch memory
/// should hold parts; of rows chosen for many tokens, which are work enough, a quarter.
int64_t split_tile(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const bool vectors = one_item_workers(context.device);
  const int64_t chosen = op.selection.count * op.selection.block;
  if (chosen > 0 && context.most.tokens > kSmallBatch) return divide_up(divide_up(chosen, 4), 64) * 64;
  const int64_t span = chosen > 0 ? chosen : span_of(op.mask, context.most.context);
  const int64_t chunk = vectors ? 256 : 64;
  const int64_t most_chunks = vectors ? 64 : 256;
  return tile_in_view(op, std::max<int64_t>(1, divide_up(span, most_chunks * chunk)) * chunk);
}

Shape decode_shape(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const bool vectors = one_item_workers(context.device);
  const int64_t group = op.heads / op.kv_heads;
  Shape shape;
  shape.lanes = lanes_for(context.device, 64);
  shape.queries = divide_up(group, divide_up(group, vectors ? 4 : 8));
  shape.dim_vec = dim_vec(context);
  shape.tile = split_tile(context);
  return shape;
}

Shape tile_shape(const OpContext& context) {
  Shape shape;
  shape.lanes = lanes_for(context.device, 128);
  shape.queries = 8;
  shape.dim_vec = dim_vec(context);
  shape.tile = tile_in_view(attention_of(context), 128);
  return shape;
}

constexpr int64_t kMostSplitBytes = int64_t{1} << 30;

/// Of decode_split's parts, `tiles` for each head of each token.
int64_t split_bytes(const OpContext& context, int64_t tiles) {
  const graph::Attention& op = attention_of(context);
  return context.most.tokens * op.heads * tiles * (op.value_dim + 2) * static_cast<int64_t>(sizeof(f32));
}

/// Many tokens share no tile of keys where each has chosen rows of its own.
Support supports_split_of_many(const OpContext& context) {
  const graph::Selection& selection = attention_of(context).selection;
  if (selection.count == 0) {
    return Support::no("its scratch memory grows with the tokens: made for at most " +
                       std::to_string(kSmallBatch));
  }
  const int64_t tiles = divide_up(selection.count * selection.block, split_tile(context));
  if (split_bytes(context, tiles) <= kMostSplitBytes) return Support::yes();
  return Support::no("its scratch memory would be more than " + std::to_string(kMostSplitBytes >> 20) +
                     " MiB");
}

Support supports_decode(const OpContext& context) {
  const Support size = context.most.tokens > kSmallBatch ? supports_split_of_many(context) : Support::yes();
  if (!size.ok) return size;
  const graph::Attention& op = attention_of(context);
  if (op.kv_heads % op.selection.sets != 0)
    return Support::no("heads that share keys attend to different chosen rows");
  if (op.selection.count > 0 && op.views != graph::QueryViews::one)
    return Support::no("chosen rows side by side may meet different views of a query");
  if (const Support views = view_support(op); !views.ok) return views;
  const Support memory = local_memory_support(context.device, decode_shape(context).local_bytes());
  return memory.ok ? attention_storage_support(context) : memory;
}

/// Of variants whose items share a tile of keys.
Support supports_tiles(const OpContext& context) {
  if (context.most.tokens <= kSmallBatch) {
    return Support::no("not batch-invariant: made for more than " + std::to_string(kSmallBatch) + " tokens");
  }
  const graph::Attention& op = attention_of(context);
  if (op.selection.count > 0) return Support::no("each token has chosen rows of its own");
  if (const Support views = view_support(op); !views.ok) return views;
  return attention_storage_support(context);
}

Support supports_tile(const OpContext& context) {
  if (one_item_workers(context.device)) return Support::no("for lanes that run side by side");
  const Support memory = local_memory_support(context.device, tile_shape(context).local_bytes());
  return memory.ok ? supports_tiles(context) : memory;
}

Support supports_tile_vector(const OpContext& context) {
  if (one_item_workers(context.device)) return supports_tiles(context);
  return Support::no("for work-items with vectors of their own");
}

std::vector<std::string> constants(const OpContext& context, const Shape& shape) {
  std::vector<std::string> result = attention_constants(context);
  result.push_back(constant("QUERIES", shape.queries));
  result.push_back(constant("DIM_VEC", shape.dim_vec));
  return result;
}

void set_sizes(AttentionArgs& args, const graph::AttentionMask& mask, const graph::Sizes& sizes) {
  args.tokens = narrow(sizes.tokens, "attention: tokens");
  args.context = narrow(sizes.context, "attention: context");
  if (args.tile == 0) return;
  // A span touches a chunk at each end of which it may have no more than a part.
  const int64_t seen = span_of(mask, sizes.context) / args.tile + 2;
  const int64_t chunks = args.selected > 0 ? divide_up(int64_t{args.selected} * args.block, args.tile)
                                           : std::min(divide_up(sizes.context, args.tile), seen);
  args.tiles = narrow(args.first_tiles + chunks, "attention: tiles");
}

/// Workers by the number of items that the args (sizes set) make.
template <typename Items>
auto work_of(AttentionArgs args, const OpContext& context, Items items) {
  return [args, mask = attention_of(context).mask, device = context.device,
          items](const graph::Sizes& sizes) mutable {
    set_sizes(args, mask, sizes);
    return Work{worker_count(device, items(args)), bytes_of(args)};
  };
}

Prepared prepare_decode(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const Shape shape = decode_shape(context);
  AttentionArgs args = attention_args(context);
  args.tile = narrow(shape.tile, "attention: chunk");
  if (op.selection.count == 0)
    args.first_tiles = narrow(divide_up(op.mask.first, shape.tile), "attention: chunks");

  Launch split = make_launch("attention/decode_split", constants(context, shape),
                             attention_buffers(context, scratch_ref()), shape.lanes);
  split.kernel = "attention_decode_split";
  split.local_bytes = static_cast<size_t>(shape.local_bytes());
  const int64_t head_blocks = op.kv_heads * divide_up(op.heads / op.kv_heads, shape.queries);
  split.work = work_of(args, context, [head_blocks](const AttentionArgs& a) {
    return static_cast<int64_t>(a.tokens) * a.tiles * head_blocks;
  });

  Launch join = split;
  join.kernel = "attention_decode_join";
  const int sinks = op.sinks_operand();
  join.buffers = {scratch_ref(), input_ref(3), input_ref(sinks < 0 ? 3 : static_cast<size_t>(sinks)),
                  output_ref(0)};
  join.local_bytes = 0;
  join.work =
      work_of(args, context, [](const AttentionArgs& a) { return static_cast<int64_t>(a.tokens) * a.heads; });

  Prepared prepared;
  prepared.launches = {std::move(split), std::move(join)};
  set_sizes(args, op.mask, context.most);
  prepared.scratch_bytes = split_bytes(context, args.tiles);
  return prepared;
}

Prepared prepare_tile(const OpContext& context) {
  const Shape shape = tile_shape(context);
  AttentionArgs args = attention_args(context);
  args.tile = narrow(shape.tile, "attention: tile");
  Launch launch = make_launch("attention/tile", constants(context, shape),
                              attention_buffers(context, output_ref(0)), shape.lanes);
  launch.kernel = "attention_tile";
  launch.local_bytes = static_cast<size_t>(shape.local_bytes());
  launch.work = work_of(args, context, [rows = shape.queries](const AttentionArgs& a) {
    return divide_up(static_cast<int64_t>(a.tokens) * (a.heads / a.kv_heads), rows) * a.kv_heads;
  });
  return one_launch(std::move(launch));
}

/// Of query rows that share a kv head, taken by `rows`.
int64_t row_items(const graph::Attention& op, int64_t tokens, int64_t rows) {
  return divide_up(tokens * (op.heads / op.kv_heads), rows) * op.kv_heads;
}

constexpr int64_t kRowLanes = 16;       ///< query rows of a vector
constexpr int64_t kMostRowVectors = 3;  ///< whose sums of 8 keys fit the registers

/// As many as leave each compute unit some items.
int64_t row_vectors(const OpContext& context) {
  int64_t vectors = kMostRowVectors;
  const auto items = [&] {
    return row_items(attention_of(context), context.most.tokens, vectors * kRowLanes);
  };
  while (vectors > 1 && items() < 4 * context.device.compute_units) --vectors;
  return vectors;
}

/// Of a worker of tile_vector: queries, sums and scores of its rows, keys or values of a tile.
int64_t row_scratch_floats(const graph::Attention& op, int64_t rows, int64_t tile) {
  const auto strips = [](int64_t columns) { return divide_up(columns, 8) * 8; };
  const int64_t dim = op.key_dim + op.shared_dim;
  const int64_t value_dim = strips(op.value_dim);
  return (dim + value_dim + tile) * rows + tile * std::max(strips(dim), value_dim);
}

Prepared prepare_tile_vector(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const int64_t vectors = row_vectors(context);
  const int64_t rows = vectors * kRowLanes;
  AttentionArgs args = attention_args(context);
  args.tile = narrow(tile_in_view(op, 64), "attention: tile");
  std::vector<std::string> defines = attention_constants(context);
  defines.push_back(constant("ROW_VECTORS", vectors));
  defines.push_back(constant("DIM_VEC", dim_vec(context)));
  std::vector<BufferRef> buffers = attention_buffers(context, output_ref(0));
  buffers.push_back(scratch_ref());
  Launch launch = make_launch("attention/tile_vector", std::move(defines), std::move(buffers), 1);
  launch.kernel = "attention_tile_vector";
  launch.work =
      work_of(args, context, [op, rows](const AttentionArgs& a) { return row_items(op, a.tokens, rows); });
  Prepared prepared = one_launch(std::move(launch));
  const int64_t workers = worker_count(context.device, row_items(op, context.most.tokens, rows));
  prepared.scratch_bytes =
      workers * row_scratch_floats(op, rows, args.tile) * static_cast<int64_t>(sizeof(f32));
  return prepared;
}

Prepared prepare_simple(const OpContext& context) {
  Launch launch = make_launch("attention/simple", attention_constants(context),
                              attention_buffers(context, output_ref(0)), 1);
  launch.kernel = "attention_simple";
  launch.work = work_of(attention_args(context), context,
                        [](const AttentionArgs& a) { return static_cast<int64_t>(a.tokens) * a.heads; });
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {
    {"attention/decode_mma", supports_attention_decode_mma, prepare_attention_decode_mma},
    {"attention/latent_mma", supports_attention_latent_mma, prepare_attention_latent_mma},
    {"attention/decode_split", supports_decode, prepare_decode},
    {"attention/mma", supports_attention_mma, prepare_attention_mma},
    {"attention/tile", supports_tile, prepare_tile},
    {"attention/tile_vector", supports_tile_vector, prepare_tile_vector},
    {"attention/simple", attention_storage_support, prepare_simple}};

}  // namespace

std::span<const Variant> attention_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
