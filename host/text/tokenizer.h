#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/text/added_tokens.h"
#include "host/text/bpe_model.h"
#include "host/text/normalizer.h"
#include "host/text/post_processor.h"
#include "host/text/pre_tokenizer.h"
#include "host/text/token_decoder.h"

namespace clinfer::text {

struct EncodeOptions {
  bool add_special = false;  ///< put the special tokens of the post-processor round the text (<bos>)
  bool parse_special =
      true;  ///< special tokens written in the text become their ids; else they are plain text
};

/// Everything a tokenizer is made of; the loaders fill it.
struct TokenizerParts {
  std::unique_ptr<Normalizer> normalizer;       ///< may be null
  std::unique_ptr<PreTokenizer> pre_tokenizer;  ///< may be null
  std::unique_ptr<BpeModel> model;
  std::unique_ptr<TokenDecoder> decoder;  ///< null: token texts are joined by spaces
  std::vector<AddedToken> added;
  SpecialFrame frame;
  std::optional<int32_t> bos_id;
  std::vector<int32_t> eos_ids;
  std::string name;  ///< the file, for error messages
};

/// Text to token ids and back, with the ids Hugging Face's tokenizers give. Immutable: safe for many threads.
class Tokenizer {
 public:
  /// Checks the ids; Error(Fault::model) naming the file when two tokens claim one id.
  explicit Tokenizer(TokenizerParts parts);

  /// Invalid UTF-8 is read as U+FFFD. Error(Fault::model) when a split expression exceeds its match limit.
  std::vector<int32_t> encode(std::string_view text, const EncodeOptions& options = {}) const;

  /// Always valid UTF-8; ids that are no token are left out.
  std::string decode(std::span<const int32_t> ids, bool skip_special) const;

  /// The bytes a token adds to the text, perhaps part of a character; `first`: it begins the text.
  std::string token_bytes(int32_t id, bool first = false) const;

  /// The token's text as the file writes it (in GPT-2's alphabet for byte-level ones); nullptr: no token.
  const std::string* token_text(int32_t id) const;
  std::optional<int32_t> token_id(std::string_view text) const;
  int32_t vocab_size() const { return static_cast<int32_t>(texts_.size()); }  ///< largest id + 1
  bool is_special(int32_t id) const;
  std::optional<int32_t> bos_id() const { return parts_.bos_id; }
  const std::vector<int32_t>& eos_ids() const { return parts_.eos_ids; }  ///< any of them ends a text

 private:
  void claim(int32_t id, const std::string& text);
  void encode_plain(std::string text, bool at_text_start, std::vector<int32_t>& out) const;

  TokenizerParts parts_;
  AddedTokenMatcher raw_matcher_;          // searched in the text as given
  AddedTokenMatcher normalized_matcher_;   // searched after the normaliser
  std::deque<std::string> normal_texts_;   // of the added tokens that are searched in normalised text
  std::vector<const std::string*> texts_;  // by id; null in gaps
  std::vector<bool> special_;              // by id
};

}  // namespace clinfer::text
