#pragma once

#include "host/kernels/attention_args.h"
#include "host/kernels/program.h"

namespace clinfer::kernels {

/// What differs between the variants and devices; the rest is in the args.
struct AttentionShape {
  int64_t lanes = 1;    ///< WG_SIZE
  int64_t queries = 1;  ///< QUERIES: rows that share each key read
  int64_t tile = 1;     ///< keys scored together

  int64_t local_bytes() const { return queries * (lanes + tile) * static_cast<int64_t>(sizeof(f32)); }
};

/// The widest vector that divides the dimensions a lane walks along and the groups of a cache.
int64_t dim_vec(const OpContext& context);

/// attention_constants, and those of a shape.
std::vector<std::string> shape_constants(const OpContext& context, const AttentionShape& shape);

/// `tile`, or the largest half, quarter, ... of it, down to 16, of which a chunk of views has a whole number:
/// the keys of a tile meet one view of a query.
int64_t tile_in_view(const graph::Attention& op, int64_t tile);

/// Whether tiles of 16 keys meet one view of a query.
Support view_support(const graph::Attention& op);

/// Of variants whose items share a tile of keys: many tokens, no chosen rows.
Support tiles_support(const OpContext& context);

/// Rows from the first to the last that one query sees at most, but for first rows that lie apart.
int64_t span_of(const graph::AttentionMask& mask, int64_t context);

/// Tokens, context and number of chunks of `tile` keys (0: none are wanted).
void set_sizes(AttentionArgs& args, const graph::AttentionMask& mask, const graph::Sizes& sizes);

/// Workers by the number of items that the args (sizes set) make.
template <typename Items>
auto attention_work(AttentionArgs args, const OpContext& context, Items items) {
  return [args, mask = attention_of(context).mask, device = context.device,
          items](const graph::Sizes& sizes) mutable {
    set_sizes(args, mask, sizes);
    return Work{worker_count(device, items(args)), bytes_of(args)};
  };
}

}  // namespace clinfer::kernels
