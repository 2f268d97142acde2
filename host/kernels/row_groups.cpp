#include "host/kernels/row_groups.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "host/kernels/activation_layout.h"
#include "host/kernels/by_cores.h"
#include "host/kernels/lanes.h"
#include "host/kernels/row_tiles.h"
#include "host/kernels/side_by_side.h"
#include "host/kernels/weight_layout.h"
#include "quant/error.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kBlock = 32;
constexpr int64_t kPieceOfCore = int64_t{4} << 20;  ///< bytes worth a thread

/// How a format's rows are cut: a block into `halves` scales, offsets or elements of two bytes and `words` of
/// four codes; the row of its scale table, if it has one, into scales of so many bytes.
struct Units {
  std::string_view format;
  int64_t halves;
  int64_t words;
  int64_t scale_bytes;
  bool floats = false;
};
constexpr Units kUnits[] = {
    {"q8_0", 1, 8, 0},       {"q4_0", 1, 4, 0},
    {"q4_1", 2, 4, 0},       {"mxint8", 0, 8, 1},
    {"int8_g32", 0, 8, 4},   {"f16", 1, 0, 0, true},
    {"bf16", 1, 0, 0, true}, {"fp8_e4m3_128x128", 1, 0, 0, true},
};

const Units* find_units(std::string_view format) {
  const auto* found = std::ranges::find(kUnits, format, &Units::format);
  return found == std::end(kUnits) ? nullptr : found;
}

/// Units of one size that follow each other in a row.
struct Run {
  int64_t bytes;  ///< 1, 2 or 4
  int64_t count;
};

/// Calls move.operator()<unit>(count, at) for the runs of each block of a row: `at` bytes into it lie so many
/// units, and at * kGroupRows bytes into the group those of all its rows.
template <class Move>
void for_runs(std::span<const Run> block, int64_t row_bytes, const Move& move) {
  for (int64_t at = 0; at < row_bytes;) {
    for (const Run& run : block) {
      switch (run.bytes) {
        case 1:
          move.template operator()<uint8_t>(run.count, at);
          break;
        case 2:
          move.template operator()<uint16_t>(run.count, at);
          break;
        default:
          move.template operator()<uint32_t>(run.count, at);
      }
      at += run.bytes * run.count;
    }
  }
}

void group_rows(std::span<const Run> block, int64_t row_bytes, const std::byte* from, std::byte* to) {
  for_runs(block, row_bytes, [&]<class Unit>(int64_t count, int64_t at) {
    side_by_side<Unit, kGroupRows>(count, row_bytes, from + at, to + at * kGroupRows);
  });
}

void ungroup_rows(std::span<const Run> block, int64_t row_bytes, const std::byte* from, std::byte* to) {
  for_runs(block, row_bytes, [&]<class Unit>(int64_t count, int64_t at) {
    constexpr auto kBytes = static_cast<int64_t>(sizeof(Unit));
    for (int64_t i = 0; i < count * kGroupRows; ++i)
      std::memcpy(to + i % kGroupRows * row_bytes + at + i / kGroupRows * kBytes,
                  from + at * kGroupRows + i * kBytes, sizeof(Unit));
  });
}

/// A region of a weight's layout: rows of codes or of scales, cut alike.
struct Region {
  int64_t offset;
  int64_t row_bytes;
  int64_t rows;
  std::vector<Run> block;
};

/// The codes and, where the format has one, the scale table.
std::vector<Region> regions_of(const graph::Weight& weight) {
  const Units& cut = *find_units(weight.format);
  const WeightArgs args = weight_args(weight);
  const int64_t rows = weight.experts * weight.rows;
  std::vector<Run> block = {{2, cut.floats ? args.row_bytes / 2 : cut.halves}};
  if (cut.words > 0) block.push_back({4, cut.words});
  std::vector<Region> regions = {{0, args.row_bytes, rows, std::move(block)}};
  if (cut.scale_bytes > 0) {
    const Run scales{cut.scale_bytes, args.scale_row_bytes / cut.scale_bytes};
    regions.push_back({args.scales_offset, args.scale_row_bytes, rows, {scales}});
  }
  return regions;
}

using RowsMove = void (*)(std::span<const Run>, int64_t, const std::byte*, std::byte*);

void move_all(const graph::Weight& weight, std::span<std::byte> bytes, RowsMove move) {
  if (weight.row_group == 1) return;
  for (const Region& region : regions_of(weight)) {
    const int64_t group = region.row_bytes * kGroupRows;
    std::vector<std::byte> moved(static_cast<size_t>(group));
    for (int64_t at = 0; at < region.rows * region.row_bytes; at += group) {
      std::byte* place = bytes.data() + region.offset + at;
      move(region.block, region.row_bytes, place, moved.data());
      std::copy(moved.begin(), moved.end(), place);
    }
  }
}

/// Groups all rows of `from`, by all cores where that is worth their start.
void group_piece(const Region& region, std::span<const std::byte> from, std::byte* to) {
  const int64_t group = region.row_bytes * kGroupRows;
  const int64_t groups = std::ssize(from) / group;
  const auto stretch = [&](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; ++g)
      group_rows(region.block, region.row_bytes, from.data() + g * group, to + g * group);
  };
  by_cores(groups, std::ssize(from) / kPieceOfCore, stretch);
}

}  // namespace

bool suits_row_groups(const graph::DeviceInfo& device, const graph::Weight& weight, const graph::Type& x) {
  const Units* units = find_units(weight.format);
  if (units == nullptr || !one_item_workers(device) || weight.rows % kGroupRows != 0) return false;
  if (units->floats)
    return (x.format.empty() || x.format == "bf16") && weight_args(weight).row_bytes % 2 == 0;
  if (weight.cols % kBlock != 0) return false;
  return !x.format.empty() && activation_layout(x.format, x.cols).integers;
}

LayoutSink placing(const graph::Weight& weight, std::span<std::byte> memory) {
  const auto place_of = [memory](int64_t offset, std::span<const std::byte> bytes) {
    if (offset < 0 || offset > std::ssize(memory) || std::ssize(bytes) > std::ssize(memory) - offset)
      throw Error(Fault::run, "a piece of a weight does not lie in its memory");
    return memory.data() + offset;
  };
  const LayoutSink copy = [place_of](int64_t offset, std::span<const std::byte> bytes) {
    std::copy(bytes.begin(), bytes.end(), place_of(offset, bytes));
  };
  if (weight.row_group == 1) return copy;
  if (weight.row_group == kTileRows) return tiling(weight, copy);
  return [regions = regions_of(weight), scales_offset = layout_of(weight).scales_offset, copy, place_of](
             int64_t offset, std::span<const std::byte> bytes) {
    if (offset < scales_offset) return group_piece(regions.front(), bytes, place_of(offset, bytes));
    if (regions.size() == 1) return copy(offset, bytes);  // scales of more rows than a group has
    group_piece(regions.back(), bytes, place_of(offset, bytes));
  };
}

void group(const graph::Weight& weight, std::span<std::byte> bytes) {
  if (weight.row_group == kTileRows) return tile(weight, bytes);
  move_all(weight, bytes, group_rows);
}

void ungroup(const graph::Weight& weight, std::span<std::byte> bytes) {
  if (weight.row_group == kTileRows) return untile(weight, bytes);
  move_all(weight, bytes, ungroup_rows);
}

}  // namespace clinfer::kernels
