#pragma once

#include "host/kernels/program.h"
#include "host/kernels/weight_layout.h"

namespace clinfer::kernels {

/// Constants that every kernel reading a weight needs: its decoder and what the device can do.
std::vector<std::string> weight_defines(const OpContext& context, const graph::Weight& weight);

/// Constants that tell a kernel how its operand x of this type is held: none for plain floats.
std::vector<std::string> activation_defines(const graph::Type& x);

/// Yes when the weight's format has a decoder (quant::device_formats() have one) and the sizes fit the
/// kernels' 32-bit counts.
Support supports_weight(const OpContext& context, size_t input);

/// Whether the phase is decode: few tokens, batch-invariant kernels.
inline bool is_small_batch(const OpContext& context) {
  return context.most.tokens <= kSmallBatch;
}

/// Items of include/rows.clh: work-items of a group, rows of an item, and the constants that say so.
struct RowsShape {
  int64_t local_size;
  int64_t item_rows;
  std::vector<std::string> defines;
};
/// Whether include/units.clh reads rows of this weight.
bool has_units(const graph::Weight& weight);
/// For calls of up to so many tokens. `aligned`: runs of rows start at multiples of 8, x's rows of 16 bytes.
RowsShape rows_shape(const OpContext& context, const graph::Weight& weight, int64_t tokens, bool aligned);
/// One group for each item where lanes cooperate: the device evens out what they take.
int64_t rows_workers(const graph::DeviceInfo& device, int64_t items);

/// Items of include/tile.clh: work-items of a group, and the rows of a tile.
struct TileShape {
  int64_t local_size;
  int64_t tile_rows;
  int64_t item_tokens;
};
TileShape tile_shape(const graph::DeviceInfo& device);
/// The tile keeps 17 KiB in local memory and wants groups of 256 where lanes cooperate.
Support supports_tile(const OpContext& context);

inline int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace clinfer::kernels
