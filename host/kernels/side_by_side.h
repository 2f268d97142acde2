#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace clinfer::kernels {

/// As many units as fill 16 bytes.
template <class Unit>
struct UnitVector {
  static constexpr size_t kLanes = 16 / sizeof(Unit);
  typedef Unit Type __attribute__((vector_size(16)));
};

/// Units of two vectors in turn: of their first halves, or of their second ones.
template <class Unit, size_t kHalf, size_t... kLane>
typename UnitVector<Unit>::Type interleave(typename UnitVector<Unit>::Type a,
                                           typename UnitVector<Unit>::Type b, std::index_sequence<kLane...>) {
  constexpr size_t kLanes = sizeof...(kLane);
  return __builtin_shufflevector(a, b, (kHalf * kLanes / 2 + kLane / 2 + kLane % 2 * kLanes)...);
}

/// Puts `count` units of each of `rows` rows, which lie row_bytes apart, side by side: first the first ones
/// of all rows, then the second ones and so on. `rows` is a multiple of 16 bytes' units.
template <class Unit, size_t kRows>
void side_by_side(int64_t count, int64_t row_bytes, const std::byte* from, std::byte* to) {
  using Vector = typename UnitVector<Unit>::Type;
  constexpr size_t kLanes = UnitVector<Unit>::kLanes;
  static_assert(kRows % kLanes == 0);
  constexpr auto kSequence = std::make_index_sequence<kLanes>();
  constexpr size_t kColumn = kRows * sizeof(Unit);  ///< bytes of one unit of all rows
  const auto whole = static_cast<size_t>(count) / kLanes * kLanes;
  const auto stride = static_cast<size_t>(row_bytes);
  for (size_t unit = 0; unit < whole; unit += kLanes) {
    for (size_t row = 0; row < kRows; row += kLanes) {
      std::array<Vector, kLanes> tile;
      for (size_t r = 0; r < kLanes; ++r)
        std::memcpy(&tile[r], from + (row + r) * stride + unit * sizeof(Unit), sizeof(Vector));
      for (size_t round = 1; round < kLanes; round *= 2) {
        const std::array<Vector, kLanes> last = tile;
        for (size_t i = 0; i < kLanes / 2; ++i) {
          tile[2 * i] = interleave<Unit, 0>(last[i], last[i + kLanes / 2], kSequence);
          tile[2 * i + 1] = interleave<Unit, 1>(last[i], last[i + kLanes / 2], kSequence);
        }
      }
      for (size_t u = 0; u < kLanes; ++u)
        std::memcpy(to + (unit + u) * kColumn + row * sizeof(Unit), &tile[u], sizeof(Vector));
    }
  }
  for (size_t unit = whole; unit < static_cast<size_t>(count); ++unit) {
    for (size_t row = 0; row < kRows; ++row)
      std::memcpy(to + unit * kColumn + row * sizeof(Unit), from + row * stride + unit * sizeof(Unit),
                  sizeof(Unit));
  }
}

}  // namespace clinfer::kernels
