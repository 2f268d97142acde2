#include "host/quantize/encoding.h"

#include <stdexcept>
#include <vector>

#include "host/config/nearest.h"
#include "quant/error.h"

namespace clinfer::quantize {
namespace {

const quant::Format& find_format(const std::string& place, const std::string& name) {
  if (const quant::Format* format = quant::find_format(name)) return *format;
  std::vector<std::string> names;
  for (const quant::Format& format : quant::formats()) names.emplace_back(format.name);
  throw Error(Fault::usage, place + ": unknown format \"" + name + "\"" + config::did_you_mean(name, names) +
                                " (clinfer codec --list)");
}

std::string known_words(const quant::Format& format) {
  std::string words;
  for (const std::string_view word : quant::words_of(format.options))
    words += (words.empty() ? "" : ", ") + std::string(word);
  return words.empty() ? "no scale options" : words;
}

}  // namespace

Encoding parse_encoding(const std::string& place, const std::string& format, const std::string& scale) {
  Encoding encoding{&find_format(place, format), {}, {}};
  std::string wrong;
  try {
    encoding.options = quant::parse_encode_options(scale);
    const unsigned others = quant::option_kinds(encoding.options) & ~encoding.format->options;
    if (others != 0) wrong = "scale \"" + scale + "\" is not of this format";
  } catch (const std::invalid_argument& error) {
    wrong = error.what();
  }
  if (wrong.empty()) return encoding;
  throw Error(Fault::usage, place + ": " + format + " knows " + known_words(*encoding.format) + "; " + wrong);
}

}  // namespace clinfer::quantize
