#pragma once

#include <cstdint>

namespace clinfer::quant {

/// Codes of fewer than eight bits in bytes, least significant bits first: element i of a row is bits
/// [Bits i, Bits i + Bits) of the row's little-endian bit string. So of 4-bit codes the even element is the
/// low nibble, and four 6-bit codes fill three bytes: a | b << 6 | c << 12 | d << 18.
template <int Bits>
struct Packing {
  static_assert(Bits == 4 || Bits == 6 || Bits == 8);
  static constexpr int64_t kElems = Bits == 6 ? 4 : 8 / Bits;  ///< codes of a group
  static constexpr int64_t kBytes = Bits == 6 ? 3 : 1;         ///< bytes of a group

  static constexpr uint32_t kMask = (1u << Bits) - 1u;

  static constexpr int64_t row_bytes(int64_t cols) { return (cols + kElems - 1) / kElems * kBytes; }

  /// Elements beyond cols become zero bits.
  static void pack_row(const uint8_t* codes, int64_t cols, uint8_t* out) {
    for (int64_t at = 0; at < cols; at += kElems) {
      uint32_t group = 0;
      for (int64_t i = 0; i < kElems && at + i < cols; ++i) group |= (codes[at + i] & kMask) << (Bits * i);
      for (int64_t byte = 0; byte < kBytes; ++byte) *out++ = static_cast<uint8_t>(group >> (8 * byte));
    }
  }

  /// Elements [first, first + count) of a row; first is a multiple of kElems.
  static void unpack(const uint8_t* row, int64_t first, int64_t count, uint8_t* out) {
    const uint8_t* from = row + first / kElems * kBytes;
    for (int64_t at = 0; at < count; at += kElems) {
      uint32_t group = 0;
      for (int64_t byte = 0; byte < kBytes; ++byte) group |= uint32_t{*from++} << (8 * byte);
      for (int64_t i = 0; i < kElems && at + i < count; ++i)
        out[at + i] = static_cast<uint8_t>(group >> (Bits * i) & kMask);
    }
  }

  static void unpack_row(const uint8_t* row, int64_t cols, uint8_t* out) { unpack(row, 0, cols, out); }
};

}  // namespace clinfer::quant
