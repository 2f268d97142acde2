#include "host/text/stream_decoder.h"

#include "host/text/utf8.h"

namespace clinfer::text {
namespace {

bool ends_in_cut_character(std::string_view text) {
  for (size_t at = text.size() < 4 ? 0 : text.size() - 3; at < text.size();) {
    const Utf8Step step = read_utf8(text, at);
    if (step.kind == Utf8Step::Kind::cut_off) return true;
    at += step.bytes;
  }
  return false;
}

}  // namespace

std::string StreamDecoder::push(int32_t id) {
  if (skip_special_ && tokenizer_.is_special(id)) return "";
  pending_ += tokenizer_.token_bytes(id, first_);
  first_ = false;
  if (ends_in_cut_character(pending_)) return "";
  std::string out = replace_invalid_utf8(pending_);
  pending_.clear();
  return out;
}

std::string StreamDecoder::finish() {
  std::string out = replace_invalid_utf8(pending_);
  pending_.clear();
  first_ = true;
  return out;
}

}  // namespace clinfer::text
