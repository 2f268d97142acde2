#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace clinfer::text {

/// A compiled regular expression over valid UTF-8, with bounded work. Immutable: safe to use from many
/// threads.
class Regex {
 public:
  /// `pattern` is in Oniguruma's syntax, as tokenizer.json files write it. `where` (file and key) starts
  /// every error message: Error(Fault::model) when it does not compile or uses a construct without a
  /// counterpart.
  Regex(std::string_view pattern, std::string where);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  /// Calls `found(begin, end)` for each match from left to right; an empty match right after another match is
  /// skipped. Error(Fault::model) when the match limit is reached.
  void for_each_match(std::string_view text, const std::function<void(size_t, size_t)>& found) const;

 private:
  struct Code;
  std::unique_ptr<Code> code_;
  std::string where_;
};

/// The pattern that matches exactly `literal`.
std::string quote_regex(std::string_view literal);

}  // namespace clinfer::text
