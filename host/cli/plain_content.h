#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/text/chat_template.h"
#include "host/text/tokenizer.h"

namespace clinfer::cli {

/// Keeps what people write in messages from becoming control tokens. The text of a special token inside a
/// message ("<|im_end|>") is hidden behind a mark while the template runs, and encoded as plain text
/// afterwards; special tokens that the template itself writes get their ids. Messages without such text are
/// encoded exactly as the whole rendered text is. Added tokens that a tokenizer does not call special
/// ("<think>") are text that people may write.
class PlainContent {
 public:
  /// Puts the marks into `messages`.
  PlainContent(const text::Tokenizer& tokenizer, std::vector<text::Message>& messages);

  /// Ids of the rendered messages.
  std::vector<int32_t> encode(std::string_view rendered) const;

 private:
  std::string with_marks(const std::string& content);
  const std::string* special_at(std::string_view text, size_t at) const;
  const std::string* mark_at(std::string_view text, size_t at, size_t& end) const;

  const text::Tokenizer& tokenizer_;
  std::vector<std::string> specials_[256];  ///< texts of special tokens by their first byte, longest first
  std::string quote_;                       ///< a private-use character that no message has
  std::vector<std::string> hidden_;         ///< what the marks stand for, by number
};

}  // namespace clinfer::cli
