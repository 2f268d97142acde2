#include "host/text/tokenizer.h"

#include "host/text/utf8.h"
#include "quant/error.h"

namespace clinfer::text {

Tokenizer::Tokenizer(TokenizerParts parts) : parts_(std::move(parts)) {
  for (const auto& [text, id] : parts_.model->vocabulary()) claim(id, text);
  for (const AddedToken& token : parts_.added) {
    claim(token.id, token.content);
    if (token.special) special_[static_cast<size_t>(token.id)] = true;
    if (token.normalized) {
      normal_texts_.push_back(parts_.normalizer ? parts_.normalizer->apply(token.content) : token.content);
      normalized_matcher_.add(token, normal_texts_.back());
      texts_[static_cast<size_t>(token.id)] = &normal_texts_.back();
    } else {
      raw_matcher_.add(token, token.content);
    }
  }
}

void Tokenizer::claim(int32_t id, const std::string& text) {
  const auto at = static_cast<size_t>(id);
  if (at >= texts_.size()) {
    texts_.resize(at + 1, nullptr);
    special_.resize(at + 1, false);
  }
  if (texts_[at] != nullptr && *texts_[at] != text) {
    throw Error(Fault::model, parts_.name + ": id " + std::to_string(id) + " belongs to two tokens, \"" +
                                  *texts_[at] + "\" and \"" + text + "\"");
  }
  texts_[at] = &text;
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  std::vector<int32_t> ids;
  if (options.add_special) ids = parts_.frame.before;
  const std::string valid = replace_invalid_utf8(text);
  bool at_start = true;
  for (const AddedSplit& raw : raw_matcher_.split(valid, options.parse_special)) {
    if (raw.id) {
      ids.push_back(*raw.id);
    } else {
      std::string normal(raw.text);
      if (parts_.normalizer) normal = parts_.normalizer->apply(std::move(normal));
      for (const AddedSplit& part : normalized_matcher_.split(normal, options.parse_special)) {
        if (part.id) {
          ids.push_back(*part.id);
        } else {
          encode_plain(std::string(part.text), at_start, ids);
        }
        at_start = false;
      }
    }
    at_start = false;
  }
  if (options.add_special) ids.insert(ids.end(), parts_.frame.after.begin(), parts_.frame.after.end());
  return ids;
}

void Tokenizer::encode_plain(std::string text, bool at_text_start, std::vector<int32_t>& out) const {
  Pieces pieces(std::move(text), at_text_start);
  if (parts_.pre_tokenizer) parts_.pre_tokenizer->apply(pieces);
  for (std::string_view piece : pieces.views) parts_.model->encode(piece, out);
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  std::vector<std::string> tokens;
  for (int32_t id : ids) {
    const std::string* text = token_text(id);
    if (text != nullptr && !(skip_special && is_special(id))) tokens.push_back(*text);
  }
  std::string out;
  if (parts_.decoder) {
    for (const std::string& part : parts_.decoder->decode(std::move(tokens))) out += part;
  } else {
    for (size_t i = 0; i < tokens.size(); ++i) out += (i > 0 ? " " : "") + tokens[i];
  }
  return replace_invalid_utf8(out);
}

std::string Tokenizer::token_bytes(int32_t id, bool first) const {
  const std::string* text = token_text(id);
  if (text == nullptr) return "";
  if (!parts_.decoder) return first ? *text : " " + *text;
  return parts_.decoder->bytes(*text, first);
}

const std::string* Tokenizer::token_text(int32_t id) const {
  return id < 0 || id >= vocab_size() ? nullptr : texts_[static_cast<size_t>(id)];
}

std::optional<int32_t> Tokenizer::token_id(std::string_view text) const {
  for (const AddedToken& token : parts_.added) {
    if (token.content == text) return token.id;
  }
  const auto found = parts_.model->vocabulary().find(text);
  if (found == parts_.model->vocabulary().end()) return std::nullopt;
  return found->second;
}

bool Tokenizer::is_special(int32_t id) const {
  return id >= 0 && id < vocab_size() && special_[static_cast<size_t>(id)];
}

}  // namespace clinfer::text
