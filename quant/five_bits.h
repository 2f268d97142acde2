#pragma once

#include "quant/bytes.h"

namespace clinfer::quant {

/// 32 five-bit codes as Q5_0 and Q5_1 lay them out in 20 bytes: u32 of the fifth bits, bit i of element i;
/// then 16 bytes, element j in the low nibble of byte j and element j + 16 in its high nibble.
inline void load_five_bits(const uint8_t* from, uint8_t* codes) {
  const auto fifth = load<uint32_t>(from);
  for (uint32_t j = 0; j < 16; ++j) {
    codes[j] = static_cast<uint8_t>((from[4 + j] & 15) | (fifth >> j & 1) << 4);
    codes[j + 16] = static_cast<uint8_t>(from[4 + j] >> 4 | (fifth >> (j + 16) & 1) << 4);
  }
}

inline void store_five_bits(const uint8_t* codes, uint8_t* to) {
  uint32_t fifth = 0;
  for (uint32_t i = 0; i < 32; ++i) fifth |= static_cast<uint32_t>(codes[i] >> 4) << i;
  store(to, fifth);
  for (uint32_t j = 0; j < 16; ++j)
    to[4 + j] = static_cast<uint8_t>((codes[j] & 15) | (codes[j + 16] & 15) << 4);
}

}  // namespace clinfer::quant
