#include "host/cli/plain_content.h"

#include <algorithm>
#include <charconv>

#include "host/text/utf8.h"

namespace clinfer::cli {
namespace {

constexpr uint32_t kPrivateBegin = 0xE000;  // Unicode's private use area
constexpr uint32_t kPrivateEnd = 0xF900;

/// A private-use character that occurs in none of the messages; the first one if all do.
std::string unused_character(const std::vector<text::Message>& messages) {
  for (uint32_t code = kPrivateBegin; code < kPrivateEnd; ++code) {
    std::string character;
    text::append_utf8(character, code);
    const bool used = std::any_of(messages.begin(), messages.end(), [&](const text::Message& m) {
      return m.content.find(character) != std::string::npos;
    });
    if (!used) return character;
  }
  return "\xEE\x80\x80";
}

}  // namespace

PlainContent::PlainContent(const text::Tokenizer& tokenizer, std::vector<text::Message>& messages)
    : tokenizer_(tokenizer), quote_(unused_character(messages)) {
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    const std::string* text = tokenizer.is_special(id) ? tokenizer.token_text(id) : nullptr;
    if (text != nullptr && !text->empty())
      specials_[static_cast<unsigned char>(text->front())].push_back(*text);
  }
  for (std::vector<std::string>& list : specials_)
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (text::Message& message : messages) message.content = with_marks(message.content);
}

const std::string* PlainContent::special_at(std::string_view text, size_t at) const {
  for (const std::string& special : specials_[static_cast<unsigned char>(text[at])]) {
    if (text.substr(at).starts_with(special)) return &special;
  }
  return nullptr;
}

std::string PlainContent::with_marks(const std::string& content) {
  std::string out;
  for (size_t at = 0; at < content.size();) {
    const std::string* special = special_at(content, at);
    if (special == nullptr) {
      out += content[at++];
      continue;
    }
    out += quote_ + std::to_string(hidden_.size()) + quote_;
    hidden_.push_back(*special);
    at += special->size();
  }
  return out;
}

/// The text behind the mark at text[at], and where the mark ends; nullptr when it is none of ours.
const std::string* PlainContent::mark_at(std::string_view text, size_t at, size_t& end) const {
  size_t number = 0;
  const char* last = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data() + at + quote_.size(), last, number);
  const auto rest = static_cast<size_t>(next - text.data());
  if (error != std::errc{} || number >= hidden_.size() || !text.substr(rest).starts_with(quote_))
    return nullptr;
  end = rest + quote_.size();
  return &hidden_[number];
}

std::vector<int32_t> PlainContent::encode(std::string_view rendered) const {
  if (hidden_.empty()) return tokenizer_.encode(rendered);
  std::vector<int32_t> ids;
  const auto add = [&](std::string_view text, bool parse_special) {
    if (text.empty()) return;
    const std::vector<int32_t> more = tokenizer_.encode(text, {.parse_special = parse_special});
    ids.insert(ids.end(), more.begin(), more.end());
  };
  size_t begin = 0;
  for (size_t at = rendered.find(quote_); at != std::string_view::npos;) {
    size_t end = at + quote_.size();
    if (const std::string* hidden = mark_at(rendered, at, end)) {
      add(rendered.substr(begin, at - begin), true);
      add(*hidden, false);
      begin = end;
    }
    at = rendered.find(quote_, end);
  }
  add(rendered.substr(begin), true);
  return ids;
}

}  // namespace clinfer::cli
