#include "host/kernels/attention_shape.h"

#include <algorithm>
#include <span>

#include "host/kernels/cache_storage.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kVectorWidths[] = {16, 8};  ///< of one work-item with vectors
constexpr int64_t kLaneWidths[] = {4};        ///< of one lane among many

constexpr int64_t kLeastTile = 16;

}  // namespace

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

std::vector<std::string> shape_constants(const OpContext& context, const AttentionShape& shape) {
  std::vector<std::string> result = attention_constants(context);
  result.push_back(constant("QUERIES", shape.queries));
  result.push_back(constant("DIM_VEC", dim_vec(context)));
  return result;
}

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

Support tiles_support(const OpContext& context) {
  if (context.most.tokens <= kSmallBatch) {
    return Support::no("not batch-invariant: made for more than " + std::to_string(kSmallBatch) + " tokens");
  }
  const graph::Attention& op = attention_of(context);
  if (op.selection.count > 0) return Support::no("each token has chosen rows of its own");
  if (const Support views = view_support(op); !views.ok) return views;
  return attention_storage_support(context);
}

int64_t span_of(const graph::AttentionMask& mask, int64_t context) {
  if (mask.window > 0) return std::min(context, mask.window + mask.first);
  return mask.chunk > 0 ? std::min(context, mask.chunk) : context;
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

}  // namespace clinfer::kernels
