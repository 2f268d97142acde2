#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/text/bpe_model.h"

namespace clinfer::text {

/// A token that is found in the text as it stands, before the model sees it.
struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool special = false;      ///< left out when decoding with skip_special
  bool single_word = false;  ///< no match inside a word
  bool lstrip = false;       ///< swallows the white space before it
  bool rstrip = false;
  bool normalized = false;  ///< searched in the normalised text
  bool on_request = false;  ///< plain text unless special tokens are parsed, even when it is not special
};

/// A part of a text: either an added token or text in between.
struct AddedSplit {
  std::string_view text;
  std::optional<int32_t> id;
};

/// Finds added tokens: leftmost match first, the longest among those that start there.
class AddedTokenMatcher {
 public:
  /// Adds a token to be found as `pattern` (its content, normalised or not); not empty.
  void add(const AddedToken& token, const std::string& pattern);

  /// Cuts `text` in order, without empty parts. Special tokens are plain text unless `parse_special`.
  std::vector<AddedSplit> split(std::string_view text, bool parse_special) const;

 private:
  struct Node {  // a trie of the patterns; children by byte
    std::unordered_map<unsigned char, int32_t> children;
    int32_t token = -1;  // index into tokens_
  };

  int32_t longest_match(std::string_view text, size_t at, size_t& end) const;

  std::vector<Node> nodes_{1};
  std::vector<AddedToken> tokens_;
};

}  // namespace clinfer::text
