#include "host/text/tiktoken_ranks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <unordered_map>

#include "quant/error.h"

namespace clinfer::text {
namespace {

constexpr size_t kMaxRanks = size_t{1} << 24;

struct RankedLine {
  size_t number;  // in the file, from 1
  std::string token;
  size_t rank;
};

[[noreturn]] void fail(const std::string& name, size_t line, const std::string& what) {
  throw Error(Fault::model, name + ": line " + std::to_string(line) + ": " + what);
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// RFC 4648, section 4, with its padding; false for anything else. The bits behind the last byte are zero.
bool decode_base64(std::string_view text, std::string& out) {
  if (text.empty() || text.size() % 4 != 0) return false;
  const size_t padding = text.back() != '=' ? 0 : text[text.size() - 2] != '=' ? 1 : 2;
  uint32_t bits = 0;
  int held = 0;
  for (char c : text.substr(0, text.size() - padding)) {
    const int value = base64_value(c);
    if (value < 0) return false;
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xFFFF;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(static_cast<unsigned char>(bits >> held & 0xFF));
  }
  return (bits & ((1U << held) - 1)) == 0;
}

RankedLine parse_line(std::string_view line, size_t number, const std::string& name) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) fail(name, number, "expected \"base64 rank\"");
  RankedLine parsed{number, "", 0};
  if (!decode_base64(line.substr(0, space), parsed.token))
    fail(name, number, "\"" + std::string(line.substr(0, std::min<size_t>(space, 40))) + "\" is not base64");
  const char* end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data() + space + 1, end, parsed.rank);
  if (error != std::errc{} || stop != end || parsed.rank >= kMaxRanks)
    fail(name, number, "expected a rank in [0, 2^24) behind the token");
  return parsed;
}

std::vector<RankedLine> parse_lines(std::string_view text, const std::string& name) {
  std::vector<RankedLine> lines;
  size_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    at = end + 1;
    ++number;
    if (!line.empty()) lines.push_back(parse_line(line, number, name));
  }
  return lines;
}

void check_bytes(const std::vector<std::string>& tokens, const std::string& name) {
  std::array<bool, 256> there{};
  for (const std::string& token : tokens) {
    if (token.size() == 1) there[static_cast<unsigned char>(token[0])] = true;
  }
  for (size_t byte = 0; byte < there.size(); ++byte) {
    if (!there[byte]) throw Error(Fault::model, name + ": no token for byte " + std::to_string(byte));
  }
}

}  // namespace

std::vector<std::string> parse_tiktoken_ranks(std::string_view text, const std::string& name) {
  std::vector<RankedLine> lines = parse_lines(text, name);
  std::vector<size_t> line_of(lines.size(), 0);  // by rank
  std::unordered_map<std::string_view, size_t> first;
  first.reserve(lines.size());
  for (const RankedLine& line : lines) {
    if (line.rank >= lines.size()) {
      fail(name, line.number,
           "rank " + std::to_string(line.rank) + " of " + std::to_string(lines.size()) +
               " tokens: expected ranks without gaps from 0");
    }
    if (size_t& other = line_of[line.rank]; other != 0)
      fail(name, line.number,
           "rank " + std::to_string(line.rank) + " stands in line " + std::to_string(other));
    line_of[line.rank] = line.number;
    const auto [found, is_new] = first.emplace(line.token, line.number);
    if (!is_new) fail(name, line.number, "the token stands in line " + std::to_string(found->second));
  }
  std::vector<std::string> tokens(lines.size());
  first.clear();
  for (RankedLine& line : lines) tokens[line.rank] = std::move(line.token);
  check_bytes(tokens, name);
  return tokens;
}

}  // namespace clinfer::text
