#include "quant/encode_options.h"

#include <functional>
#include <stdexcept>

namespace clinfer::quant {
namespace {

/// A word, the kind it belongs to, how it is set and whether it is.
struct Word {
  std::string_view word;
  OptionKind kind;
  void (*set)(EncodeOptions&);
  bool (*is_set)(const EncodeOptions&);
};

template <auto Member, auto Value>
constexpr Word word(std::string_view text, OptionKind kind) {
  return {text, kind, [](EncodeOptions& options) { options.*Member = Value; },
          [](const EncodeOptions& options) { return options.*Member == Value; }};
}

using O = EncodeOptions;

constexpr Word kWords[] = {
    word<&O::mode, ScaleMode::floor>("floor", kScaleMode),
    word<&O::mode, ScaleMode::rceil>("rceil", kScaleMode),
    word<&O::mode, ScaleMode::even>("even", kScaleMode),
    word<&O::mode, ScaleMode::ceil>("ceil", kScaleMode),
    word<&O::storage, ScaleStorage::f32>("fp32", kScaleStorage),
    word<&O::storage, ScaleStorage::ue8m0>("ue8m0", kScaleStorage),
    word<&O::scaling, Scaling::division>("division", kScaling),
    word<&O::scaling, Scaling::reciprocal>("reciprocal", kScaling),
    word<&O::range, IntegerRange::symmetric>("symmetric", kIntegerRange),
    word<&O::range, IntegerRange::full>("full", kIntegerRange),
    word<&O::profile, Nvfp4Profile::modelopt>("modelopt", kNvfp4Profile),
    word<&O::profile, Nvfp4Profile::compressed_tensors>("ct", kNvfp4Profile),
    word<&O::profile, Nvfp4Profile::torchao>("torchao", kNvfp4Profile),
    word<&O::profile, Nvfp4Profile::transformer_engine>("te", kNvfp4Profile),
    word<&O::profile, Nvfp4Profile::single>("single", kNvfp4Profile),
    word<&O::search, ScaleSearch::search>("search", kScaleSearch),
    word<&O::search, ScaleSearch::none>("nosearch", kScaleSearch),
    word<&O::fit, ScaleFit::amax>("amax", kScaleFit),
    word<&O::fit, ScaleFit::mse>("mse", kScaleFit),
    word<&O::inf, InfCast::special>("special", kInfCast),
    word<&O::inf, InfCast::saturate>("saturate", kInfCast),
};

const Word& find_word(std::string_view text) {
  std::string known;
  for (const Word& word : kWords) {
    if (word.word == text) return word;
    known += (known.empty() ? "" : ", ") + std::string(word.word);
  }
  throw std::invalid_argument("scale option \"" + std::string(text) + "\" is none of " + known);
}

}  // namespace

EncodeOptions parse_encode_options(std::string_view words) {
  EncodeOptions options;
  while (!words.empty()) {
    const size_t comma = words.find(',');
    find_word(words.substr(0, comma)).set(options);
    words = comma == std::string_view::npos ? std::string_view{} : words.substr(comma + 1);
  }
  return options;
}

unsigned option_kinds(const EncodeOptions& options) {
  unsigned kinds = 0;
  for (const Word& word : kWords) kinds |= word.is_set(options) ? word.kind : 0u;
  return kinds;
}

std::string option_words(const EncodeOptions& options) {
  std::string text;
  for (const Word& word : kWords) {
    if (word.is_set(options)) text += (text.empty() ? "" : ",") + std::string(word.word);
  }
  return text;
}

std::vector<std::string_view> words_of(unsigned kinds) {
  std::vector<std::string_view> words;
  for (const Word& word : kWords) {
    if ((kinds & word.kind) != 0) words.push_back(word.word);
  }
  return words;
}

}  // namespace clinfer::quant
