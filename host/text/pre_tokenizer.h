#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/text/json_file.h"

namespace clinfer::text {

/// A text cut into pieces that the model's merges do not cross. Owns whatever the views look at.
class Pieces {
 public:
  Pieces(std::string text, bool at_start) : at_text_start(at_start) {
    if (!text.empty()) views.push_back(keep(std::move(text)));
  }
  std::string_view keep(std::string text) { return owned_.emplace_back(std::move(text)); }

  std::vector<std::string_view> views;  ///< never empty strings
  bool at_text_start;                   ///< the first piece begins the whole input (no added token before it)

 private:
  std::deque<std::string> owned_;
};

/// A step that cuts each piece further, or rewrites it.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void apply(Pieces& pieces) const = 0;
};

/// The pre-tokenizer of a tokenizer.json: ByteLevel, Split, Digits, Whitespace, WhitespaceSplit,
/// Metaspace, Sequence. Error(Fault::model) for any other.
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const JsonAt& json);

}  // namespace clinfer::text
