#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clinfer::text {

/// Watches a stream of text for stop strings. Text that could be the beginning of one is held back.
class StopStrings {
 public:
  /// Empty strings are ignored.
  explicit StopStrings(std::vector<std::string> stops);

  struct Result {
    std::string text;  ///< safe to print
    bool stopped;      ///< a stop string came; it and what follows is dropped
  };

  /// Adds text. Of several stop strings the one that begins first counts. After a stop everything is dropped.
  Result push(std::string_view text);

  /// The held-back text, at the end of the stream; "" after a stop.
  std::string finish();

 private:
  size_t held_from() const;

  std::vector<std::string> stops_;
  std::string held_;  // shorter than the longest stop string between calls
  bool stopped_ = false;
};

}  // namespace clinfer::text
