#include "host/text/pre_tokenizer.h"

#include <optional>

#include "host/text/byte_alphabet.h"
#include "host/text/pattern.h"
#include "host/text/split_behavior.h"
#include "host/text/utf8.h"

namespace clinfer::text {
namespace {

// The split expression of GPT-2's published encoder.
constexpr std::string_view kGpt2Split =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class Split : public PreTokenizer {
 public:
  Split(Pattern pattern, SplitBehavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

  void apply(Pieces& pieces) const override {
    std::vector<std::string_view> out;
    out.reserve(pieces.views.size());
    for (std::string_view piece : pieces.views) {
      std::vector<Span> spans = pattern_.spans(piece);
      if (invert_) {
        for (Span& span : spans) span.matched = !span.matched;
      }
      split_spans(piece, spans, behavior_, out);
    }
    pieces.views = std::move(out);
  }

 private:
  Pattern pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

// Splits where a property of the characters changes, or around each character that has it.
class Digits : public PreTokenizer {
 public:
  explicit Digits(bool individual)
      : behavior_(individual ? SplitBehavior::isolated : SplitBehavior::contiguous) {}

  void apply(Pieces& pieces) const override {
    std::vector<std::string_view> out;
    std::vector<Span> spans;
    for (std::string_view piece : pieces.views) {
      spans.clear();
      for (size_t at = 0; at < piece.size();) {
        const Utf8Step step = read_utf8(piece, at);
        const bool number = is_number(step.codepoint);
        if (!number && !spans.empty() && !spans.back().matched) {
          spans.back().end += step.bytes;
        } else {
          spans.push_back({at, at + step.bytes, number});
        }
        at += step.bytes;
      }
      split_spans(piece, spans, behavior_, out);
    }
    pieces.views = std::move(out);
  }

 private:
  SplitBehavior behavior_;
};

class ByteLevel : public PreTokenizer {
 public:
  ByteLevel(bool add_prefix_space, bool use_regex) : add_prefix_space_(add_prefix_space) {
    if (use_regex) split_.emplace(Pattern(Regex(kGpt2Split, "ByteLevel")), SplitBehavior::isolated, false);
  }

  void apply(Pieces& pieces) const override {
    if (add_prefix_space_) {
      for (std::string_view& piece : pieces.views) {
        if (piece[0] != ' ') piece = pieces.keep(std::string(1, ' ').append(piece));
      }
    }
    if (split_) split_->apply(pieces);
    to_alphabet(pieces);
  }

 private:
  static void to_alphabet(Pieces& pieces) {
    std::string all;
    std::vector<size_t> ends;
    for (std::string_view piece : pieces.views) {
      for (char c : piece) append_byte_as_character(all, static_cast<unsigned char>(c));
      ends.push_back(all.size());
    }
    const std::string_view kept = pieces.keep(std::move(all));
    size_t begin = 0;
    for (size_t i = 0; i < ends.size(); ++i) {
      pieces.views[i] = kept.substr(begin, ends[i] - begin);
      begin = ends[i];
    }
  }

  bool add_prefix_space_;
  std::optional<Split> split_;
};

// SentencePiece's visible spaces.
class Metaspace : public PreTokenizer {
 public:
  enum class Prepend { never, first, always };

  Metaspace(std::string replacement, Prepend prepend, bool split)
      : replacement_(std::move(replacement)), prepend_(prepend) {
    if (split) {
      split_.emplace(Pattern(Regex(quote_regex(replacement_), "Metaspace")), SplitBehavior::merged_with_next,
                     false);
    }
  }

  void apply(Pieces& pieces) const override {
    for (size_t i = 0; i < pieces.views.size(); ++i) {
      std::string text;
      for (char c : pieces.views[i]) {
        if (c == ' ') {
          text += replacement_;
        } else {
          text += c;
        }
      }
      const bool here =
          prepend_ == Prepend::always || (prepend_ == Prepend::first && i == 0 && pieces.at_text_start);
      if (here && text.rfind(replacement_, 0) != 0) text.insert(0, replacement_);
      pieces.views[i] = pieces.keep(std::move(text));
    }
    if (split_) split_->apply(pieces);
  }

 private:
  std::string replacement_;
  Prepend prepend_;
  std::optional<Split> split_;
};

class Chain : public PreTokenizer {
 public:
  explicit Chain(std::vector<std::unique_ptr<PreTokenizer>> steps) : steps_(std::move(steps)) {}
  void apply(Pieces& pieces) const override {
    for (const auto& step : steps_) step->apply(pieces);
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

std::unique_ptr<PreTokenizer> make_metaspace(const JsonAt& json) {
  const std::string scheme =
      json.string("prepend_scheme", json.boolean("add_prefix_space", true) ? "always" : "never");
  Metaspace::Prepend prepend = Metaspace::Prepend::always;
  if (scheme == "never") {
    prepend = Metaspace::Prepend::never;
  } else if (scheme == "first") {
    prepend = Metaspace::Prepend::first;
  } else if (scheme != "always") {
    json["prepend_scheme"].fail("expected always, first or never");
  }
  return std::make_unique<Metaspace>(json["replacement"].string(), prepend, json.boolean("split", true));
}

std::unique_ptr<PreTokenizer> make_chain(const JsonAt& list) {
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  for (size_t i = 0; i < list.size(); ++i) steps.push_back(make_pre_tokenizer(list[i]));
  return std::make_unique<Chain>(std::move(steps));
}

std::unique_ptr<PreTokenizer> make_fixed_split(const char* pattern, const char* name) {
  return std::make_unique<Split>(Pattern(Regex(pattern, name)), SplitBehavior::removed, true);
}

}  // namespace

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const JsonAt& json) {
  const std::string type = json["type"].string();
  if (type == "ByteLevel") {
    return std::make_unique<ByteLevel>(json.boolean("add_prefix_space", true),
                                       json.boolean("use_regex", true));
  }
  if (type == "Split") {
    return std::make_unique<Split>(make_pattern(json["pattern"]), parse_split_behavior(json["behavior"]),
                                   json.boolean("invert", false));
  }
  if (type == "Digits") return std::make_unique<Digits>(json.boolean("individual_digits", false));
  if (type == "Whitespace") return make_fixed_split(R"(\w+|[^\w\s]+)", "Whitespace");
  if (type == "WhitespaceSplit") return make_fixed_split(R"(\S+)", "WhitespaceSplit");
  if (type == "Metaspace") return make_metaspace(json);
  if (type == "Sequence") return make_chain(json["pretokenizers"]);
  json["type"].fail("unsupported pre-tokenizer " + type);
}

}  // namespace clinfer::text
