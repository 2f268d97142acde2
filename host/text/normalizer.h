#pragma once

#include <memory>
#include <string>

#include "host/text/json_file.h"

namespace clinfer::text {

/// A step that rewrites text before it is split. Input and output are valid UTF-8.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual std::string apply(std::string text) const = 0;
};

/// The normalizer of a tokenizer.json: NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace, Strip, Sequence.
/// Error(Fault::model) for any other.
std::unique_ptr<Normalizer> make_normalizer(const JsonAt& json);

}  // namespace clinfer::text
