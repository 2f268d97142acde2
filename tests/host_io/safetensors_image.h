#pragma once

#include <cstdint>
#include <string>

namespace clinfer::test {

/// A safetensors image of any header text, with `length` in its first 8 bytes.
inline std::string safetensors_image(const std::string& header, uint64_t length, const std::string& data) {
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + header + data;
}

inline std::string safetensors_image(const std::string& header, size_t data_bytes) {
  return safetensors_image(header, header.size(), std::string(data_bytes, '\1'));
}

/// An image whose header is the object of these entries.
inline std::string safetensors_of(const std::string& entries, size_t data_bytes) {
  std::string header = "{";
  header.append(entries).append("}");
  return safetensors_image(header, data_bytes);
}

/// A header entry: entry("a", "F32", "[2]", "[0,8]") is "a":{"dtype":"F32",...}.
inline std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                         const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets +
         "}";
}

}  // namespace clinfer::test
