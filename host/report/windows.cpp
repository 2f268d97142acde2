#include "host/report/windows.h"

#include <algorithm>
#include <string>

#include "quant/error.h"

namespace clinfer::report {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

std::vector<int32_t> Windows::window(int64_t index) const {
  const auto begin = ids.begin() + index * context;
  std::vector<int32_t> tokens(begin, begin + context);
  if (bos) tokens.front() = *bos;
  return tokens;
}

Windows cut_windows(std::span<const int32_t> ids, int64_t context, int64_t chunks,
                    std::optional<int32_t> bos) {
  const int64_t whole = static_cast<int64_t>(ids.size()) / context;
  if (whole == 0) {
    throw Error(Fault::usage, "eval.text has " + std::to_string(ids.size()) +
                                  " tokens, one window of eval.context needs " + std::to_string(context));
  }
  const int64_t taken = chunks == 0 ? whole : std::min(whole, chunks);
  return {{ids.begin(), ids.begin() + taken * context}, bos, context};
}

const char* name_of(TokenClass kind) {
  constexpr const char* kNames[] = {"other script", "number", "word", "punctuation", "space"};
  return kNames[static_cast<size_t>(kind)];
}

TokenClass classify(std::string_view bytes) {
  TokenClass kind = TokenClass::space;
  for (const char c : bytes) {
    TokenClass own = TokenClass::punctuation;
    if (static_cast<unsigned char>(c) >= 0x80) own = TokenClass::other_script;
    if (c >= '0' && c <= '9') own = TokenClass::number;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) own = TokenClass::word;
    if (is_space(c)) own = TokenClass::space;
    kind = std::min(kind, own);
  }
  return kind;
}

void describe_text(Windows& windows, const std::function<std::string(int32_t)>& bytes_of) {
  windows.units = {};
  windows.classes.clear();
  for (int64_t window = 0; window < windows.count(); ++window) {
    bool inside = false;  // of a word
    for (int64_t row = 0; row < windows.scored(); ++row) {
      const auto at = static_cast<size_t>(window * windows.context + windows.first_scored() + row + 1);
      const std::string bytes = bytes_of(windows.ids[at]);
      windows.classes.push_back(classify(bytes));
      windows.units.bytes += static_cast<int64_t>(bytes.size());
      for (const char c : bytes) {
        if (!inside && !is_space(c)) ++windows.units.words;
        inside = !is_space(c);
      }
    }
  }
}

}  // namespace clinfer::report
