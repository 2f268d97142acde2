#include "host/text/byte_alphabet.h"

#include <array>

#include "host/text/utf8.h"

namespace clinfer::text {
namespace {

constexpr uint32_t kFirstStandIn = 0x100;
constexpr size_t kCharacters = 0x144;  // 256 + the 68 bytes that need a stand-in

constexpr bool stands_for_itself(uint32_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Alphabet {
  std::array<uint32_t, 256> character{};
  std::array<int, kCharacters> byte{};  // -1: not in the alphabet

  constexpr Alphabet() {
    byte.fill(-1);
    uint32_t next = kFirstStandIn;
    for (uint32_t b = 0; b < 256; ++b) {
      character[b] = stands_for_itself(b) ? b : next++;
      byte[character[b]] = static_cast<int>(b);
    }
  }
};

constexpr Alphabet kAlphabet;

}  // namespace

void append_byte_as_character(std::string& out, unsigned char byte) {
  append_utf8(out, kAlphabet.character[byte]);
}

std::string bytes_to_alphabet(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) append_byte_as_character(out, static_cast<unsigned char>(c));
  return out;
}

std::optional<std::string> alphabet_to_bytes(std::string_view token) {
  std::string out;
  for (size_t at = 0; at < token.size();) {
    const Utf8Step step = read_utf8(token, at);
    if (step.kind != Utf8Step::Kind::character || step.codepoint >= kCharacters) return std::nullopt;
    const int byte = kAlphabet.byte[step.codepoint];
    if (byte < 0) return std::nullopt;
    out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
    at += step.bytes;
  }
  return out;
}

}  // namespace clinfer::text
