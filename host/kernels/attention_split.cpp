#include "host/kernels/attention_split.h"

#include <algorithm>

#include "host/kernels/attention_shape.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"

namespace clinfer::kernels {

namespace {

/// Keys of a chunk of decode_split: so many that a long context makes no more chunks than the scratch memory
/// should hold parts, and that parts are small beside the keys and values of a chunk; of rows chosen for many
/// tokens, which are work enough, a quarter.
int64_t split_tile(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const bool vectors = one_item_workers(context.device);
  const int64_t chosen = op.selection.count * op.selection.block;
  if (chosen > 0 && context.most.tokens > kSmallBatch) return divide_up(divide_up(chosen, 4), 64) * 64;
  const int64_t span = chosen > 0 ? chosen : span_of(op.mask, context.most.context);
  const int64_t chunk = vectors && op.heads / op.kv_heads > 8 ? 256 : tuned(context.device, kAttentionChunk);
  const int64_t most_chunks = vectors ? 64 : 256;
  return tile_in_view(op, std::max<int64_t>(1, divide_up(span, most_chunks * chunk)) * chunk);
}

AttentionShape decode_shape(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const bool vectors = one_item_workers(context.device);
  const int64_t group = op.heads / op.kv_heads;
  AttentionShape shape;
  shape.lanes = lanes_for(context.device, 64);
  shape.queries = divide_up(group, divide_up(group, vectors ? 4 : 8));
  shape.tile = split_tile(context);
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

}  // namespace

Support supports_attention_split(const OpContext& context) {
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

AttentionArgs split_args(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  AttentionArgs args = attention_args(context);
  args.tile = narrow(split_tile(context), "attention: chunk");
  if (op.selection.count == 0)
    args.first_tiles = narrow(divide_up(op.mask.first, args.tile), "attention: chunks");
  return args;
}

Prepared prepare_attention_split(const OpContext& context) {
  const graph::Attention& op = attention_of(context);
  const AttentionShape shape = decode_shape(context);
  AttentionArgs args = split_args(context);

  Launch split = make_launch("attention/decode_split", shape_constants(context, shape),
                             attention_buffers(context, scratch_ref()), shape.lanes);
  split.kernel = "attention_decode_split";
  split.local_bytes = static_cast<size_t>(shape.local_bytes());
  const int64_t head_blocks = op.kv_heads * divide_up(op.heads / op.kv_heads, shape.queries);
  split.work = attention_work(args, context, [head_blocks](const AttentionArgs& a) {
    return static_cast<int64_t>(a.tokens) * a.tiles * head_blocks;
  });

  Launch join = split;
  join.kernel = "attention_decode_join";
  const int sinks = op.sinks_operand();
  join.buffers = {scratch_ref(), input_ref(3), input_ref(sinks < 0 ? 3 : static_cast<size_t>(sinks)),
                  output_ref(0)};
  join.local_bytes = 0;
  join.work = attention_work(args, context,
                             [](const AttentionArgs& a) { return static_cast<int64_t>(a.tokens) * a.heads; });

  Prepared prepared;
  prepared.launches = {std::move(split), std::move(join)};
  set_sizes(args, op.mask, context.most);
  prepared.scratch_bytes = split_bytes(context, args.tiles);
  return prepared;
}

}  // namespace clinfer::kernels
