#include "host/config/text_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "host/config/value.h"
#include "quant/error.h"

namespace clinfer::config {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& reason) {
  throw Error(Fault::usage, where + ": " + reason);
}

/// Length of the UTF-8 character that `text` starts with; 0 when it is none (RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF).
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

std::string where(const std::string& path, std::string_view before) {
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t start = before.rfind('\n') + 1;  // npos + 1 == 0
  return Place{path, static_cast<int>(line), static_cast<int>(before.size() - start) + 1}.with_column();
}

void check_text(const std::string& path, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = character_length(text.substr(at));
    if (length == 0) fail(where(path, text.substr(0, at)), "not UTF-8 text");
    if (text[at] == '\0') fail(where(path, text.substr(0, at)), "a NUL byte; expected UTF-8 text");
    at += length;
  }
}

}  // namespace

std::string read_text_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) fail(path, "no such file");
  if (!std::filesystem::is_regular_file(status)) fail(path, "not a regular file");
  std::ifstream in(path, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) fail(path, "cannot be read");
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) fail(path, "larger than 1 MiB; expected a configuration file");
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  check_text(path, text);
  return text;
}

}  // namespace clinfer::config
