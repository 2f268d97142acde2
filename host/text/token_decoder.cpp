#include "host/text/token_decoder.h"

#include <optional>

#include "host/text/byte_alphabet.h"
#include "host/text/pattern.h"
#include "host/text/utf8.h"

namespace clinfer::text {
namespace {

std::vector<std::string> joined(const std::vector<std::string>& tokens) {
  std::string all;
  for (const std::string& token : tokens) all += token;
  return {std::move(all)};
}

class ByteLevel : public TokenDecoder {
 public:
  std::vector<std::string> decode(std::vector<std::string> tokens) const override {
    for (std::string& token : tokens) token = bytes(std::move(token), false);
    return {replace_invalid_utf8(joined(tokens)[0])};
  }
  std::string bytes(std::string token, bool) const override {
    std::optional<std::string> mapped = alphabet_to_bytes(token);
    return mapped ? *std::move(mapped) : token;
  }
};

class Replace : public TokenDecoder {
 public:
  Replace(Pattern pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  std::vector<std::string> decode(std::vector<std::string> tokens) const override {
    for (std::string& token : tokens) token = pattern_.replace(token, content_);
    return tokens;
  }
  std::string bytes(std::string token, bool) const override { return pattern_.replace(token, content_); }

 private:
  Pattern pattern_;
  std::string content_;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The byte of a <0xNN> token.
std::optional<char> fallback_byte(const std::string& token) {
  if (token.size() != 6 || token.rfind("<0x", 0) != 0 || token[5] != '>') return std::nullopt;
  const int high = hex_digit(token[3]);
  const int low = hex_digit(token[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(static_cast<unsigned char>(high << 4 | low));
}

class ByteFallback : public TokenDecoder {
 public:
  std::vector<std::string> decode(std::vector<std::string> tokens) const override {
    std::vector<std::string> out;
    std::string run;  // bytes of neighbouring <0xNN> tokens
    for (std::string& token : tokens) {
      if (const auto byte = fallback_byte(token)) {
        run += *byte;
        continue;
      }
      flush(run, out);
      out.push_back(std::move(token));
    }
    flush(run, out);
    return out;
  }
  std::string bytes(std::string token, bool) const override {
    const auto byte = fallback_byte(token);
    return byte ? std::string(1, *byte) : token;
  }

 private:
  // A run that is not valid as a whole becomes one U+FFFD per byte.
  static void flush(std::string& run, std::vector<std::string>& out) {
    if (run.empty()) return;
    if (is_valid_utf8(run)) {
      out.push_back(run);
    } else {
      for (size_t i = 0; i < run.size(); ++i) out.emplace_back(kReplacementCharacter);
    }
    run.clear();
  }
};

class Fuse : public TokenDecoder {
 public:
  std::vector<std::string> decode(std::vector<std::string> tokens) const override { return joined(tokens); }
  std::string bytes(std::string token, bool) const override { return token; }
};

// Cuts up to `start` and `stop` copies of one character from the ends of each text.
class Strip : public TokenDecoder {
 public:
  Strip(std::string content, size_t start, size_t stop)
      : content_(std::move(content)), start_(start), stop_(stop) {}
  std::vector<std::string> decode(std::vector<std::string> tokens) const override {
    for (std::string& token : tokens) {
      token = strip_left(std::move(token));
      for (size_t i = 0; i < stop_ && ends(token); ++i) token.resize(token.size() - content_.size());
    }
    return tokens;
  }
  std::string bytes(std::string token, bool first) const override {
    return first ? strip_left(std::move(token)) : token;
  }

 private:
  std::string strip_left(std::string token) const {
    for (size_t i = 0; i < start_ && token.rfind(content_, 0) == 0; ++i) token.erase(0, content_.size());
    return token;
  }
  bool ends(const std::string& token) const {
    return token.size() >= content_.size() &&
           token.compare(token.size() - content_.size(), content_.size(), content_) == 0;
  }

  std::string content_;
  size_t start_, stop_;
};

class Metaspace : public TokenDecoder {
 public:
  Metaspace(std::string replacement, bool prepends)
      : replacement_(std::move(replacement)), prepends_(prepends) {}
  std::vector<std::string> decode(std::vector<std::string> tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = bytes(std::move(tokens[i]), i == 0);
    return tokens;
  }
  std::string bytes(std::string token, bool first) const override {
    if (first && prepends_ && token.rfind(replacement_, 0) == 0) token.erase(0, replacement_.size());
    std::string out;
    for (size_t at = 0; at < token.size();) {
      const bool space = token.compare(at, replacement_.size(), replacement_) == 0;
      out += space ? ' ' : token[at];
      at += space ? replacement_.size() : 1;
    }
    return out;
  }

 private:
  std::string replacement_;
  bool prepends_;
};

class Chain : public TokenDecoder {
 public:
  explicit Chain(std::vector<std::unique_ptr<TokenDecoder>> steps) : steps_(std::move(steps)) {}
  std::vector<std::string> decode(std::vector<std::string> tokens) const override {
    for (const auto& step : steps_) tokens = step->decode(std::move(tokens));
    return tokens;
  }
  std::string bytes(std::string token, bool first) const override {
    for (const auto& step : steps_) token = step->bytes(std::move(token), first);
    return token;
  }

 private:
  std::vector<std::unique_ptr<TokenDecoder>> steps_;
};

std::unique_ptr<TokenDecoder> make_chain(const JsonAt& list) {
  std::vector<std::unique_ptr<TokenDecoder>> steps;
  for (size_t i = 0; i < list.size(); ++i) steps.push_back(make_token_decoder(list[i]));
  return std::make_unique<Chain>(std::move(steps));
}

size_t parse_count(const JsonAt& json) {
  return static_cast<size_t>(json.token_id());
}

std::string parse_filled(const JsonAt& json) {
  if (json.string().empty()) json.fail("expected a string that is not empty");
  return json.string();
}

}  // namespace

std::unique_ptr<TokenDecoder> make_token_decoder(const JsonAt& json) {
  const std::string type = json["type"].string();
  if (type == "ByteLevel") return std::make_unique<ByteLevel>();
  if (type == "Replace")
    return std::make_unique<Replace>(make_pattern(json["pattern"]), json["content"].string());
  if (type == "ByteFallback") return std::make_unique<ByteFallback>();
  if (type == "Fuse") return std::make_unique<Fuse>();
  if (type == "Strip") {
    return std::make_unique<Strip>(parse_filled(json["content"]), parse_count(json["start"]),
                                   parse_count(json["stop"]));
  }
  if (type == "Metaspace") {
    return std::make_unique<Metaspace>(parse_filled(json["replacement"]),
                                       json.string("prepend_scheme", "always") != "never");
  }
  if (type == "Sequence") return make_chain(json["decoders"]);
  json["type"].fail("unsupported decoder " + type);
}

}  // namespace clinfer::text
