#include "host/cl/build_log.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace clinfer::cl {

namespace {

constexpr std::string_view kLine = "#line ";

/// "file:line" of the `wanted`-th line of the text, counted from 1; empty if no #line stands before it.
std::string place_of(int wanted, std::string_view text) {
  std::string_view file;
  int number = 0;
  for (int at = 1; at < wanted && !text.empty(); ++at) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t quote = line.find('"');
    if (!line.starts_with(kLine) || quote == std::string_view::npos) {
      ++number;
      continue;
    }
    std::from_chars(line.data() + kLine.size(), line.data() + line.size(), number);
    file = line.substr(quote + 1, line.rfind('"') - quote - 1);
  }
  return file.empty() ? std::string() : std::string(file) + ":" + std::to_string(number);
}

}  // namespace

std::string named_log(const std::string& log, const std::string& text) {
  constexpr std::string_view kMark = "<kernel>:";
  std::string named;
  std::string_view rest = log;
  for (size_t at = rest.find(kMark); at != std::string_view::npos; at = rest.find(kMark)) {
    const char* digits = rest.data() + at + kMark.size();
    int number = 0;
    const char* end = std::from_chars(digits, rest.data() + rest.size(), number).ptr;
    const std::string place = place_of(number, text);
    named.append(rest.substr(0, at));
    named.append(place.empty()
                     ? std::string_view(rest.data() + at, static_cast<size_t>(end - rest.data()) - at)
                     : std::string_view(place));
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  }
  return named.append(rest);
}

}  // namespace clinfer::cl
