#include "host/text/utf8.h"

namespace clinfer::text {
namespace {

struct Lead {
  size_t length;                     // bytes of the character; 0: not a lead byte
  unsigned second_low, second_high;  // range of the second byte
  uint32_t bits;                     // the lead's share of the code point
};

Lead classify(unsigned byte) {
  if (byte < 0x80) return {1, 0, 0, byte};
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF, byte & 0x1F};
  if (byte >= 0xE0 && byte <= 0xEF) {
    return {3, byte == 0xE0 ? 0xA0u : 0x80u, byte == 0xED ? 0x9Fu : 0xBFu, byte & 0x0F};
  }
  if (byte >= 0xF0 && byte <= 0xF4) {
    return {4, byte == 0xF0 ? 0x90u : 0x80u, byte == 0xF4 ? 0x8Fu : 0xBFu, byte & 0x07};
  }
  return {0, 0, 0, 0};
}

}  // namespace

Utf8Step read_utf8(std::string_view text, size_t at) {
  using Kind = Utf8Step::Kind;
  const Lead lead = classify(static_cast<unsigned char>(text[at]));
  if (lead.length == 0) return {Kind::invalid, 0, 1};
  uint32_t codepoint = lead.bits;
  for (size_t i = 1; i < lead.length; ++i) {
    if (at + i >= text.size()) return {Kind::cut_off, 0, i};
    const unsigned byte = static_cast<unsigned char>(text[at + i]);
    const unsigned low = i == 1 ? lead.second_low : 0x80u;
    const unsigned high = i == 1 ? lead.second_high : 0xBFu;
    if (byte < low || byte > high) return {Kind::invalid, 0, i};
    codepoint = codepoint << 6 | (byte & 0x3F);
  }
  return {Kind::character, codepoint, lead.length};
}

void append_utf8(std::string& out, uint32_t codepoint) {
  auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (codepoint < 0x80) {
    put(codepoint);
  } else if (codepoint < 0x800) {
    put(0xC0 | codepoint >> 6);
    put(0x80 | (codepoint & 0x3F));
  } else if (codepoint < 0x10000) {
    put(0xE0 | codepoint >> 12);
    put(0x80 | (codepoint >> 6 & 0x3F));
    put(0x80 | (codepoint & 0x3F));
  } else {
    put(0xF0 | codepoint >> 18);
    put(0x80 | (codepoint >> 12 & 0x3F));
    put(0x80 | (codepoint >> 6 & 0x3F));
    put(0x80 | (codepoint & 0x3F));
  }
}

bool is_valid_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = read_utf8(text, at);
    if (step.kind != Utf8Step::Kind::character) return false;
    at += step.bytes;
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (size_t at = 0; at < bytes.size();) {
    const Utf8Step step = read_utf8(bytes, at);
    if (step.kind == Utf8Step::Kind::character) {
      out += bytes.substr(at, step.bytes);
    } else {
      out += kReplacementCharacter;
    }
    at += step.bytes;
  }
  return out;
}

}  // namespace clinfer::text
