#include "host/kernels/row_groups.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <vector>

#include "host/kernels/activation_layout.h"
#include "host/kernels/lanes.h"
#include "host/kernels/row_tiles.h"
#include "host/kernels/weight_layout.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kBlock = 32;
constexpr int64_t kMostPiece = int64_t{8} << 20;      ///< bytes regrouped at a time
constexpr int64_t kPieceOfCore = int64_t{256} << 10;  ///< bytes worth a thread

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

/// Calls move.operator()<bytes>(grouped, apart) for each unit of a row: where the group's units of it begin
/// in the group, and where the first row's lies when rows of `row_bytes` lie one after the other.
template <class Move>
void for_units(std::span<const int64_t> units, int64_t row_bytes, const Move& move) {
  int64_t grouped = 0;
  for (int64_t at = 0; at < row_bytes;) {
    for (const int64_t bytes : units) {
      switch (bytes) {
        case 1:
          move.template operator()<1>(grouped, at);
          break;
        case 2:
          move.template operator()<2>(grouped, at);
          break;
        default:
          move.template operator()<4>(grouped, at);
      }
      grouped += bytes * kGroupRows;
      at += bytes;
    }
  }
}

void group_rows(std::span<const int64_t> units, int64_t row_bytes, const std::byte* from, std::byte* to) {
  for_units(units, row_bytes, [&]<size_t kBytes>(int64_t grouped, int64_t apart) {
    for (int64_t row = 0; row < kGroupRows; ++row)
      std::memcpy(to + grouped + row * static_cast<int64_t>(kBytes), from + apart + row * row_bytes, kBytes);
  });
}

void ungroup_rows(std::span<const int64_t> units, int64_t row_bytes, const std::byte* from, std::byte* to) {
  for_units(units, row_bytes, [&]<size_t kBytes>(int64_t grouped, int64_t apart) {
    for (int64_t row = 0; row < kGroupRows; ++row)
      std::memcpy(to + apart + row * row_bytes, from + grouped + row * static_cast<int64_t>(kBytes), kBytes);
  });
}

/// A region of a weight's layout: rows of codes or of scales, cut alike.
struct Region {
  int64_t offset;
  int64_t row_bytes;
  int64_t rows;
  std::vector<int64_t> units;
};

/// The codes and, where the format has one, the scale table.
std::vector<Region> regions_of(const graph::Weight& weight) {
  const Units& cut = *find_units(weight.format);
  const WeightArgs args = weight_args(weight);
  const int64_t rows = weight.experts * weight.rows;
  std::vector<int64_t> units(static_cast<size_t>(cut.halves), 2);
  units.insert(units.end(), static_cast<size_t>(cut.words), 4);
  std::vector<Region> regions = {{0, args.row_bytes, rows, std::move(units)}};
  if (cut.scale_bytes > 0)
    regions.push_back({args.scales_offset, args.scale_row_bytes, rows, {cut.scale_bytes}});
  return regions;
}

using RowsMove = void (*)(std::span<const int64_t>, int64_t, const std::byte*, std::byte*);

void move_all(const graph::Weight& weight, std::span<std::byte> bytes, RowsMove move) {
  if (weight.row_group == 1) return;
  for (const Region& region : regions_of(weight)) {
    const int64_t group = region.row_bytes * kGroupRows;
    std::vector<std::byte> moved(static_cast<size_t>(group));
    for (int64_t at = 0; at < region.rows * region.row_bytes; at += group) {
      std::byte* place = bytes.data() + region.offset + at;
      move(region.units, region.row_bytes, place, moved.data());
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
      group_rows(region.units, region.row_bytes, from.data() + g * group, to + g * group);
  };
  const int64_t cores = std::max<int64_t>(1, std::thread::hardware_concurrency());
  const int64_t workers = std::clamp<int64_t>(std::ssize(from) / kPieceOfCore, 1, std::min(cores, groups));
  std::vector<std::jthread> others;
  for (int64_t w = 1; w < workers; ++w)
    others.emplace_back(stretch, groups * w / workers, groups * (w + 1) / workers);
  stretch(0, groups / workers);
}

/// Passes on a piece of the region that begins with a group.
void pass_on(const Region& region, int64_t offset, std::span<const std::byte> bytes, const LayoutSink& sink) {
  const int64_t group = region.row_bytes * kGroupRows;
  const int64_t most = std::max(group, kMostPiece / group * group);
  const int64_t size = std::ssize(bytes);
  std::vector<std::byte> moved(static_cast<size_t>(std::min(most, size)));
  for (int64_t at = 0; at < size; at += most) {
    const int64_t count = std::min(most, size - at);
    group_piece(region, bytes.subspan(static_cast<size_t>(at), static_cast<size_t>(count)), moved.data());
    sink(offset + at, std::span(moved).first(static_cast<size_t>(count)));
  }
}

}  // namespace

bool suits_row_groups(const graph::DeviceInfo& device, const graph::Weight& weight, const graph::Type& x) {
  const Units* units = find_units(weight.format);
  if (units == nullptr || !one_item_workers(device) || weight.rows % kGroupRows != 0) return false;
  if (units->floats) return x.format.empty() && weight_args(weight).row_bytes % 2 == 0;
  if (weight.cols % kBlock != 0) return false;
  return !x.format.empty() && activation_layout(x.format, x.cols).integers;
}

LayoutSink grouping(const graph::Weight& weight, LayoutSink sink) {
  if (weight.row_group == 1) return sink;
  if (weight.row_group == kTileRows) return tiling(weight, std::move(sink));
  return [regions = regions_of(weight), scales_offset = layout_of(weight).scales_offset,
          sink = std::move(sink)](int64_t offset, std::span<const std::byte> bytes) {
    if (offset < scales_offset) return pass_on(regions.front(), offset, bytes, sink);
    if (regions.size() == 1) return sink(offset, bytes);  // scales of more rows than a group has
    pass_on(regions.back(), offset, bytes, sink);
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
