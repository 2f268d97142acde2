#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace clinfer::quant {

static_assert(std::endian::native == std::endian::little, "stored codes and scales are little-endian");

/// Reads a T from bytes of any alignment.
template <typename T>
T load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

/// Writes a T to bytes of any alignment.
template <typename T>
void store(uint8_t* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

}  // namespace clinfer::quant
