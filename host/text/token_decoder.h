#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/text/json_file.h"

namespace clinfer::text {

/// Turns token texts back into text.
class TokenDecoder {
 public:
  virtual ~TokenDecoder() = default;

  /// Rewrites the list of token texts; the result is joined.
  virtual std::vector<std::string> decode(std::vector<std::string> tokens) const = 0;

  /// The bytes one token adds to the text (perhaps part of a character); `first`: it begins the text.
  virtual std::string bytes(std::string token, bool first) const = 0;
};

/// The decoder of a tokenizer.json: ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace, Sequence.
/// Error(Fault::model) for any other.
std::unique_ptr<TokenDecoder> make_token_decoder(const JsonAt& json);

}  // namespace clinfer::text
