#include "host/kernels/row_groups.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "host/kernels/activation_layout.h"
#include "host/kernels/lanes.h"
#include "host/kernels/weight_layout.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kBlock = 32;
constexpr int64_t kMostPiece = int64_t{1} << 20;  ///< bytes regrouped at a time

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
    {"q8_0", 1, 8, 0},     {"q4_0", 1, 4, 0},      {"q4_1", 2, 4, 0},       {"mxint8", 0, 8, 1},
    {"int8_g32", 0, 8, 4}, {"f16", 1, 0, 0, true}, {"bf16", 1, 0, 0, true},
};

const Units* find_units(std::string_view format) {
  const auto* found = std::ranges::find(kUnits, format, &Units::format);
  return found == std::end(kUnits) ? nullptr : found;
}

/// Calls move(grouped, apart, bytes) for each unit of a group of rows: where it lies in the group and where
/// when rows of `row_bytes` lie one after the other.
template <class Move>
void for_units(std::span<const int64_t> units, int64_t row_bytes, const Move& move) {
  int64_t grouped = 0;
  for (int64_t at = 0; at < row_bytes;) {
    for (const int64_t bytes : units) {
      for (int64_t row = 0; row < kGroupRows; ++row) {
        move(grouped, row * row_bytes + at, bytes);
        grouped += bytes;
      }
      at += bytes;
    }
  }
}

/// As memcpy, of the sizes units have.
void copy_unit(std::byte* to, const std::byte* from, int64_t bytes) {
  switch (bytes) {
    case 1:
      *to = *from;
      break;
    case 2:
      std::memcpy(to, from, 2);
      break;
    default:
      std::memcpy(to, from, 4);
  }
}

void group_rows(std::span<const int64_t> units, int64_t row_bytes, const std::byte* from, std::byte* to) {
  for_units(units, row_bytes, [&](int64_t grouped, int64_t apart, int64_t bytes) {
    copy_unit(to + grouped, from + apart, bytes);
  });
}

void ungroup_rows(std::span<const int64_t> units, int64_t row_bytes, const std::byte* from, std::byte* to) {
  for_units(units, row_bytes, [&](int64_t grouped, int64_t apart, int64_t bytes) {
    copy_unit(to + apart, from + grouped, bytes);
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

/// Passes on a piece of the region that begins with a group.
void pass_on(const Region& region, int64_t offset, std::span<const std::byte> bytes, const LayoutSink& sink) {
  const int64_t group = region.row_bytes * kGroupRows;
  const int64_t most = std::max(group, kMostPiece / group * group);
  const int64_t size = std::ssize(bytes);
  std::vector<std::byte> moved(static_cast<size_t>(std::min(most, size)));
  for (int64_t at = 0; at < size; at += most) {
    const int64_t count = std::min(most, size - at);
    for (int64_t g = 0; g < count; g += group)
      group_rows(region.units, region.row_bytes, bytes.data() + at + g, moved.data() + g);
    sink(offset + at, std::span(moved).first(static_cast<size_t>(count)));
  }
}

}  // namespace

bool suits_row_groups(const graph::DeviceInfo& device, const graph::Weight& weight, const graph::Type& x) {
  const Units* units = find_units(weight.format);
  if (units == nullptr || !one_item_workers(device) || weight.rows % kGroupRows != 0) return false;
  if (units->floats) return x.format.empty();
  if (!device.probes.x86_vnni_asm || weight.cols % kBlock != 0) return false;
  return !x.format.empty() && activation_layout(x.format, x.cols).integers;
}

LayoutSink grouping(const graph::Weight& weight, LayoutSink sink) {
  if (weight.row_group == 1) return sink;
  return [regions = regions_of(weight), sink = std::move(sink)](int64_t offset,
                                                                std::span<const std::byte> bytes) {
    const bool scales = regions.size() > 1 && offset >= regions.back().offset;
    pass_on(scales ? regions.back() : regions.front(), offset, bytes, sink);
  };
}

void group(const graph::Weight& weight, std::span<std::byte> bytes) {
  move_all(weight, bytes, group_rows);
}

void ungroup(const graph::Weight& weight, std::span<std::byte> bytes) {
  move_all(weight, bytes, ungroup_rows);
}

}  // namespace clinfer::kernels
