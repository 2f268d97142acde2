#include <algorithm>
#include <span>

#include "cl_kernels/args/attention_args.h"
#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

const graph::Attention& op_of(const OpContext& context) {
  return std::get<graph::Attention>(context.node.op);
}

std::vector<const graph::Value*> storages(const OpContext& context) {
  return {&context.input(1), &context.input(2), context.has_input(4) ? &context.input(4) : nullptr};
}

/// What differs between the variants and devices; the rest is in the args.
struct Shape {
  int64_t lanes = 1;    ///< WG_SIZE
  int64_t queries = 1;  ///< QUERIES: rows that share each key read
  int64_t dim_vec = 1;  ///< DIM_VEC
  int64_t blocks = 1;   ///< BLOCKS, of the tile variant
  int64_t tile = 1;     ///< keys scored together

  int64_t local_bytes() const { return queries * (lanes + tile) * static_cast<int64_t>(sizeof(f32)); }
};

constexpr int64_t kVectorWidths[] = {16, 8};  ///< of one work-item with vectors
constexpr int64_t kLaneWidths[] = {4};        ///< of one lane among many

/// The widest vector that divides the dimensions a lane walks along and the groups of a cache.
int64_t dim_vec(const OpContext& context) {
  const graph::Attention& op = op_of(context);
  const bool vectors = one_item_workers(context.device);
  const int64_t values = vectors ? op.value_dim : 0;
  int64_t group = 0;
  for (const graph::Value* value : storages(context)) {
    if (value != nullptr) group = std::max(group, scale_group(*value));
  }
  for (const int64_t width : vectors ? std::span<const int64_t>(kVectorWidths) : kLaneWidths) {
    if (op.key_dim % width == 0 && op.shared_dim % width == 0 && values % width == 0 && group % width == 0)
      return width;
  }
  return 1;
}

Shape decode_shape(const OpContext& context) {
  const graph::Attention& op = op_of(context);
  const bool vectors = one_item_workers(context.device);
  const int64_t group = op.heads / op.kv_heads;
  const int64_t chunk = vectors ? 256 : 64;
  const int64_t most_chunks = vectors ? 64 : 256;  // bounds the scratch memory of long contexts
  Shape shape;
  shape.lanes = lanes_for(context.device, 64);
  shape.queries = divide_up(group, divide_up(group, vectors ? 4 : 8));
  shape.dim_vec = dim_vec(context);
  shape.tile = std::max<int64_t>(1, divide_up(context.most.context, most_chunks * chunk)) * chunk;
  return shape;
}

Shape tile_shape(const OpContext& context) {
  const bool vectors = one_item_workers(context.device);
  Shape shape;
  shape.lanes = lanes_for(context.device, 128);
  shape.queries = vectors ? 4 : 8;
  shape.dim_vec = dim_vec(context);
  shape.blocks = vectors ? 4 : 1;
  shape.tile = vectors ? 64 : 128;
  return shape;
}

Support supports_formats(const OpContext& context) {
  const Support layout = cache_support(storages(context));
  if (!layout.ok) return layout;
  const graph::Attention& op = op_of(context);
  graph::Attention plain = op;
  plain.softcap = 0;
  plain.sinks = plain.alibi = false;
  plain.selection = {};
  if (op.operand_count() != plain.operand_count() || op.softcap > 0 || op.views != graph::QueryViews::one ||
      op.mask != graph::AttentionMask{.window = op.mask.window})
    return Support::no("its mask, soft cap or sinks");
  const auto ends_in = [&](const graph::Value& value, int64_t first, int64_t end) {
    return storage_of(value, first) == storage_of(value, end - 1);
  };
  const int64_t values_end = op.values.offset + (op.kv_heads - 1) * op.values.head_stride + op.value_dim;
  const bool shared =
      !context.has_input(4) || ends_in(context.input(4), op.shared_offset, op.shared_offset + op.shared_dim);
  if (shared && ends_in(context.input(2), op.values.offset, values_end)) return Support::yes();
  return Support::no("its values or shared keys lie across the border of a cache's coded columns");
}

Support supports_decode(const OpContext& context) {
  if (context.most.tokens > kSmallBatch) {
    return Support::no("its scratch memory grows with the tokens: made for at most " +
                       std::to_string(kSmallBatch));
  }
  const Support memory = local_memory_support(context.device, decode_shape(context).local_bytes());
  return memory.ok ? supports_formats(context) : memory;
}

Support supports_tile(const OpContext& context) {
  if (context.most.tokens <= kSmallBatch) {
    return Support::no("not batch-invariant: made for more than " + std::to_string(kSmallBatch) + " tokens");
  }
  const Support memory = local_memory_support(context.device, tile_shape(context).local_bytes());
  return memory.ok ? supports_formats(context) : memory;
}

AttentionArgs args_of(const OpContext& context) {
  const graph::Attention& op = op_of(context);
  AttentionArgs args{};
  args.heads = narrow(op.heads, "attention: heads");
  args.kv_heads = narrow(op.kv_heads, "attention: kv_heads");
  args.key_dim = narrow(op.key_dim, "attention: key_dim");
  args.value_dim = narrow(op.value_dim, "attention: value_dim");
  args.shared_dim = narrow(op.shared_dim, "attention: shared_dim");
  args.key_bytes = narrow(row_bytes(context.input(1)), "attention: bytes of a key row");
  args.key_offset = narrow(op.keys.offset, "attention: key offset");
  args.key_stride = narrow(op.keys.head_stride, "attention: key stride");
  args.value_bytes = narrow(row_bytes(context.input(2)), "attention: bytes of a value row");
  args.value_offset = narrow(op.values.offset, "attention: value offset");
  args.value_stride = narrow(op.values.head_stride, "attention: value stride");
  if (context.has_input(4)) {
    args.shared_bytes = narrow(row_bytes(context.input(4)), "attention: bytes of a shared row");
    args.shared_offset =
        narrow(storage_column(context.input(4), op.shared_offset), "attention: shared offset");
  }
  args.window = narrow(op.mask.window, "attention: window");
  args.scale = op.scale;
  return args;
}

std::vector<std::string> storage_constants(const OpContext& context) {
  const graph::Attention& op = op_of(context);
  const auto number = [](Storage storage) { return static_cast<int64_t>(storage); };
  const Storage shared =
      context.has_input(4) ? storage_of(context.input(4), op.shared_offset) : Storage::matrix;
  std::vector<std::string> result = cache_constants(context, storages(context));
  result.push_back(constant("KEYS", number(storage_of(context.input(1), op.keys.offset))));
  result.push_back(constant("VALUES", number(storage_of(context.input(2), op.values.offset))));
  result.push_back(constant("SHARED", number(shared)));
  return result;
}

std::vector<std::string> constants(const OpContext& context, const Shape& shape) {
  std::vector<std::string> result = storage_constants(context);
  result.push_back(constant("QUERIES", shape.queries));
  result.push_back(constant("DIM_VEC", shape.dim_vec));
  return result;
}

/// Buffers of all kernels but the join: operands, then where the results go.
std::vector<BufferRef> buffers(const OpContext& context, BufferRef result) {
  return {input_ref(0), input_ref(1), input_ref(2), input_ref(3), optional_input_ref(context, 4), result};
}

void set_sizes(AttentionArgs& args, const graph::Sizes& sizes) {
  args.tokens = narrow(sizes.tokens, "attention: tokens");
  args.context = narrow(sizes.context, "attention: context");
  if (args.tile > 0) args.tiles = narrow(divide_up(sizes.context, args.tile), "attention: tiles");
}

/// Workers by the number of items that the args (sizes set) make.
template <typename Items>
auto work_of(AttentionArgs args, const graph::DeviceInfo& device, Items items) {
  return [args, device, items](const graph::Sizes& sizes) mutable {
    set_sizes(args, sizes);
    return Work{worker_count(device, items(args)), bytes_of(args)};
  };
}

Prepared prepare_decode(const OpContext& context) {
  const graph::Attention& op = op_of(context);
  const Shape shape = decode_shape(context);
  AttentionArgs args = args_of(context);
  args.tile = narrow(shape.tile, "attention: chunk");

  Launch split = make_launch("attention/decode_split", constants(context, shape),
                             buffers(context, scratch_ref()), shape.lanes);
  split.kernel = "attention_decode_split";
  split.local_bytes = static_cast<size_t>(shape.local_bytes());
  const int64_t head_blocks = op.kv_heads * divide_up(op.heads / op.kv_heads, shape.queries);
  split.work = work_of(args, context.device, [head_blocks](const AttentionArgs& a) {
    return static_cast<int64_t>(a.tokens) * a.tiles * head_blocks;
  });

  Launch join = split;
  join.kernel = "attention_decode_join";
  join.buffers = {scratch_ref(), input_ref(3), output_ref(0)};
  join.local_bytes = 0;
  join.work = work_of(args, context.device,
                      [](const AttentionArgs& a) { return static_cast<int64_t>(a.tokens) * a.heads; });

  Prepared prepared;
  prepared.launches = {std::move(split), std::move(join)};
  const int64_t parts = context.most.tokens * op.heads * divide_up(context.most.context, shape.tile);
  prepared.scratch_bytes = parts * (op.value_dim + 2) * static_cast<int64_t>(sizeof(f32));
  return prepared;
}

Prepared prepare_tile(const OpContext& context) {
  const Shape shape = tile_shape(context);
  AttentionArgs args = args_of(context);
  args.tile = narrow(shape.tile, "attention: tile");
  std::vector<std::string> defines = constants(context, shape);
  defines.push_back(constant("BLOCKS", shape.blocks));
  Launch launch =
      make_launch("attention/tile", std::move(defines), buffers(context, output_ref(0)), shape.lanes);
  launch.kernel = "attention_tile";
  launch.local_bytes = static_cast<size_t>(shape.local_bytes());
  launch.work = work_of(args, context.device, [rows = shape.blocks * shape.queries](const AttentionArgs& a) {
    return divide_up(static_cast<int64_t>(a.tokens) * (a.heads / a.kv_heads), rows) * a.kv_heads;
  });
  return one_launch(std::move(launch));
}

Prepared prepare_simple(const OpContext& context) {
  Launch launch =
      make_launch("attention/simple", storage_constants(context), buffers(context, output_ref(0)), 1);
  launch.kernel = "attention_simple";
  launch.work = work_of(args_of(context), context.device,
                        [](const AttentionArgs& a) { return static_cast<int64_t>(a.tokens) * a.heads; });
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"attention/decode_split", supports_decode, prepare_decode},
                                 {"attention/tile", supports_tile, prepare_tile},
                                 {"attention/simple", supports_formats, prepare_simple}};

}  // namespace

std::span<const Variant> attention_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
