#pragma once

#include "host/kernels/row_groups.h"

namespace clinfer::kernels {

/// Rows of a tile as wgmma takes its right operand (Weight::row_group): the columns cut by 64, of each cut
/// the tile's rows one after the other, and in row r the 16-byte chunk c at c ^ (r / 2 % 4), which is the
/// 64-byte swizzle (cl_kernels/include/row_tile.clh). The last tile of an expert has the rows that are left.
inline constexpr int64_t kTileRows = 128;

/// Whether kernels of the device multiply tiles of this weight with activations of this type: E4M3 or bf16 on
/// both sides on Hopper, of such columns that linear/fp8_wgmma or linear/wgmma takes them.
bool suits_row_tiles(const graph::DeviceInfo& device, const graph::Weight& weight, const graph::Type& x);

/// A sink for a weight whose rows lie one after the other, in pieces that begin with a tile or a scale table,
/// that passes them on in tiles.
LayoutSink tiling(const graph::Weight& weight, LayoutSink sink);
/// What group() and ungroup() do where weight.row_group is kTileRows.
void tile(const graph::Weight& weight, std::span<std::byte> bytes);
void untile(const graph::Weight& weight, std::span<std::byte> bytes);

}  // namespace clinfer::kernels
