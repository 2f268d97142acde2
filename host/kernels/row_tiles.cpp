#include "host/kernels/row_tiles.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "host/kernels/by_cores.h"
#include "host/kernels/fp8_linear.h"
#include "host/kernels/linear_wgmma.h"
#include "host/kernels/weight_layout.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kChunk = 16;                        ///< bytes that stay together
constexpr int64_t kMostPiece = int64_t{8} << 20;      ///< bytes moved at a time
constexpr int64_t kPieceOfCore = int64_t{256} << 10;  ///< bytes worth a thread

/// Calls move(apart, tiled) for each chunk of a tile of `rows` rows: where it lies in rows that follow each
/// other and in the tile.
template <class Move>
void for_chunks(int64_t rows, int64_t row_bytes, const Move& move) {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t chunk = 0; chunk < row_bytes / kChunk; ++chunk) {
      const int64_t swizzled = chunk % 4 ^ row / 2 % 4;
      move(row * row_bytes + chunk * kChunk, (chunk / 4 * rows + row) * 64 + swizzled * kChunk);
    }
  }
}

void tile_rows(int64_t rows, int64_t row_bytes, const std::byte* from, std::byte* to) {
  for_chunks(rows, row_bytes,
             [&](int64_t apart, int64_t tiled) { std::memcpy(to + tiled, from + apart, kChunk); });
}

void untile_rows(int64_t rows, int64_t row_bytes, const std::byte* from, std::byte* to) {
  for_chunks(rows, row_bytes,
             [&](int64_t apart, int64_t tiled) { std::memcpy(to + apart, from + tiled, kChunk); });
}

using RowsMove = void (*)(int64_t, int64_t, const std::byte*, std::byte*);

void move_all(const graph::Weight& weight, std::span<std::byte> bytes, RowsMove move) {
  const int64_t row_bytes = weight_args(weight).row_bytes;
  std::vector<std::byte> moved(static_cast<size_t>(kTileRows * row_bytes));
  for (int64_t expert = 0; expert < weight.experts; ++expert) {
    for (int64_t row = 0; row < weight.rows; row += kTileRows) {
      const int64_t rows = std::min(kTileRows, weight.rows - row);
      std::byte* place = bytes.data() + (expert * weight.rows + row) * row_bytes;
      move(rows, row_bytes, place, moved.data());
      std::copy_n(moved.data(), rows * row_bytes, place);
    }
  }
}

/// Tiles rows of one expert that begin with a tile, by all cores where that is worth their start.
void tile_piece(std::span<const std::byte> from, int64_t row_bytes, std::byte* to) {
  const int64_t rows = std::ssize(from) / row_bytes;
  const int64_t tiles = (rows + kTileRows - 1) / kTileRows;
  const auto stretch = [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * kTileRows; row < std::min(rows, end * kTileRows); row += kTileRows)
      tile_rows(std::min(kTileRows, rows - row), row_bytes, from.data() + row * row_bytes,
                to + row * row_bytes);
  };
  by_cores(tiles, std::ssize(from) / kPieceOfCore, stretch);
}

}  // namespace

bool suits_row_tiles(const graph::DeviceInfo& device, const graph::Weight& weight, const graph::Type& x) {
  return device.probes.wgmma && (suits_fp8_wgmma(weight, x).ok || suits_bf16_tiles(weight, x).ok);
}

LayoutSink tiling(const graph::Weight& weight, LayoutSink sink) {
  return
      [args = weight_args(weight), sink = std::move(sink)](int64_t offset, std::span<const std::byte> bytes) {
        if (offset >= args.scales_offset) return sink(offset, bytes);
        const int64_t most = std::max<int64_t>(1, kMostPiece / (kTileRows * args.row_bytes)) * kTileRows;
        std::vector<std::byte> moved;
        for (int64_t at = 0; at < std::ssize(bytes); at += std::ssize(moved)) {
          const int64_t row = (offset + at) / args.row_bytes % args.rows;
          const int64_t rows = std::min({most, args.rows - row, (std::ssize(bytes) - at) / args.row_bytes});
          moved.resize(static_cast<size_t>(rows * args.row_bytes));
          tile_piece(bytes.subspan(static_cast<size_t>(at), moved.size()), args.row_bytes, moved.data());
          sink(offset + at, moved);
        }
      };
}

void tile(const graph::Weight& weight, std::span<std::byte> bytes) {
  move_all(weight, bytes, tile_rows);
}

void untile(const graph::Weight& weight, std::span<std::byte> bytes) {
  move_all(weight, bytes, untile_rows);
}

}  // namespace clinfer::kernels
