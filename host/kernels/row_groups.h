#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "graph/device_info.h"
#include "graph/graph.h"

namespace clinfer::kernels {

/// Rows of a group: lanes of a vector of 512 bits, one a row.
inline constexpr int64_t kGroupRows = 16;

/// Whether kernels of the device multiply groups of 16 rows of this weight with activations of this type
/// (cl_kernels/include/row_group.clh): of CPUs, f16, bf16 and fp8_e4m3_128x128 with floats, integers of 32
/// with a step with int8. The rows of an expert fill groups.
bool suits_row_groups(const graph::DeviceInfo& device, const graph::Weight& weight, const graph::Type& x);

/// Receives pieces of a weight's device layout (kernels::WeightLayout).
using LayoutSink = std::function<void(int64_t offset, std::span<const std::byte> bytes)>;

/// A sink for a weight whose rows lie one after the other, in pieces of whole groups of rows, that puts them
/// into `memory` of the whole layout, in groups where weight.row_group says so: of a group's rows first all
/// first units lie side by side, then all second ones and so on. A unit is a block's scale, its offset, or
/// four bytes of codes; two bytes of E4M3; of a scale table one scale, where rows have their own. A group
/// takes the memory that its rows took. Tiles: row_tiles.h. The sink throws Error(Fault::run) for a piece
/// that does not lie in `memory`.
LayoutSink placing(const graph::Weight& weight, std::span<std::byte> memory);

/// Brings the bytes of a whole weight into groups, and back; nothing where weight.row_group is 1.
void group(const graph::Weight& weight, std::span<std::byte> bytes);
void ungroup(const graph::Weight& weight, std::span<std::byte> bytes);

}  // namespace clinfer::kernels
