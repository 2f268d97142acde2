#pragma once

#include <cstdint>
#include <string>

#include "host/text/tokenizer.h"

namespace clinfer::text {

/// Decodes tokens as they come and prints only whole characters, in the chunks Hugging Face's streams give: a
/// token that ends inside a character waits for the rest of it. The tokenizer must outlive it.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, bool skip_special = true)
      : tokenizer_(tokenizer), skip_special_(skip_special) {}

  /// The text that became complete with this token, perhaps empty: valid UTF-8. Bytes that no further token
  /// can complete come out as U+FFFD.
  std::string push(int32_t id);

  /// What is left: an unfinished character becomes U+FFFD. The decoder can be used again afterwards.
  std::string finish();

 private:
  const Tokenizer& tokenizer_;
  bool skip_special_;
  bool first_ = true;    // no token has been decoded yet
  std::string pending_;  // ends inside a character
};

}  // namespace clinfer::text
