#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace clinfer::cl {

using Digest = std::array<uint8_t, 32>;

/// SHA-256 over fields. Each text field is preceded by its length, so that ("ab","c") and ("a","bc") differ.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Sha256& field(std::string_view text);
  Sha256& bytes(std::span<const std::byte> data);  ///< raw, without a length
  Digest digest();                                 ///< ends the hash: call it once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 lower-case hexadecimal digits.
std::string hex(const Digest& digest);

}  // namespace clinfer::cl
