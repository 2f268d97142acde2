#include "host/text/normalizer.h"

#include <utf8proc.h>

#include <cstdlib>
#include <optional>
#include <vector>

#include "host/text/pattern.h"
#include "host/text/utf8.h"
#include "quant/error.h"

namespace clinfer::text {
namespace {

class UnicodeForm : public Normalizer {
 public:
  explicit UnicodeForm(unsigned options) : options_(static_cast<utf8proc_option_t>(options)) {}

  std::string apply(std::string text) const override {
    if (is_ascii(text)) return text;
    utf8proc_uint8_t* mapped = nullptr;
    const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                               static_cast<utf8proc_ssize_t>(text.size()), &mapped, options_);
    if (size < 0)
      throw Error(Fault::run, std::string("Unicode normalisation failed: ") + utf8proc_errmsg(size));
    std::string out(reinterpret_cast<const char*>(mapped), static_cast<size_t>(size));
    std::free(mapped);
    return out;
  }

 private:
  static bool is_ascii(const std::string& text) {
    for (char c : text) {
      if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
  }

  utf8proc_option_t options_;
};

class Lowercase : public Normalizer {
 public:
  std::string apply(std::string text) const override {
    std::string out;
    for (size_t at = 0; at < text.size();) {
      const Utf8Step step = read_utf8(text, at);
      append_utf8(out,
                  static_cast<uint32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(step.codepoint))));
      at += step.bytes;
    }
    return out;
  }
};

class Prepend : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  std::string apply(std::string text) const override { return text.empty() ? text : prefix_ + text; }

 private:
  std::string prefix_;
};

class Replace : public Normalizer {
 public:
  Replace(Pattern pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  std::string apply(std::string text) const override { return pattern_.replace(text, content_); }

 private:
  Pattern pattern_;
  std::string content_;
};

class Strip : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  std::string apply(std::string text) const override {
    if (right_) text.resize(without_trailing_spaces(text));
    return left_ ? text.substr(leading_spaces(text)) : text;
  }

 private:
  bool left_, right_;
};

class Chain : public Normalizer {
 public:
  explicit Chain(std::vector<std::unique_ptr<Normalizer>> steps) : steps_(std::move(steps)) {}
  std::string apply(std::string text) const override {
    for (const auto& step : steps_) text = step->apply(std::move(text));
    return text;
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

std::optional<unsigned> unicode_options(const std::string& type) {
  constexpr unsigned kCompose = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
  constexpr unsigned kDecompose = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
  if (type == "NFC") return kCompose;
  if (type == "NFD") return kDecompose;
  if (type == "NFKC") return kCompose | UTF8PROC_COMPAT;
  if (type == "NFKD") return kDecompose | UTF8PROC_COMPAT;
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(const JsonAt& json) {
  const std::string type = json["type"].string();
  if (const auto options = unicode_options(type)) return std::make_unique<UnicodeForm>(*options);
  if (type == "Lowercase") return std::make_unique<Lowercase>();
  if (type == "Prepend") return std::make_unique<Prepend>(json["prepend"].string());
  if (type == "Replace") {
    return std::make_unique<Replace>(make_pattern(json["pattern"]), json["content"].string());
  }
  if (type == "Strip") {
    return std::make_unique<Strip>(json.boolean("strip_left", true), json.boolean("strip_right", true));
  }
  if (type == "Sequence") {
    std::vector<std::unique_ptr<Normalizer>> steps;
    const JsonAt list = json["normalizers"];
    for (size_t i = 0; i < list.size(); ++i) steps.push_back(make_normalizer(list[i]));
    return std::make_unique<Chain>(std::move(steps));
  }
  json["type"].fail("unsupported normalizer " + type);
}

}  // namespace clinfer::text
