#define PCRE2_CODE_UNIT_WIDTH 8
#include "host/text/regex_classes.h"

#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace clinfer::text {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// Names shared by \p{..} and [:..:].
constexpr std::array<Pair, 9> kPosix{{{"alpha", R"(\p{Alphabetic})"},
                                      {"alnum", R"(\p{Alphabetic}\p{Nd})"},
                                      {"digit", kDigit},
                                      {"lower", R"(\p{Lowercase})"},
                                      {"upper", R"(\p{Uppercase})"},
                                      {"space", kSpace},
                                      {"whitespace", kSpace},
                                      {"word", kWord},
                                      {"xdigit", kHex}}};

constexpr std::array<Pair, 36> kCategories{{{"letter", "L"},
                                            {"casedletter", "L&"},
                                            {"lc", "L&"},
                                            {"uppercaseletter", "Lu"},
                                            {"lowercaseletter", "Ll"},
                                            {"titlecaseletter", "Lt"},
                                            {"modifierletter", "Lm"},
                                            {"otherletter", "Lo"},
                                            {"mark", "M"},
                                            {"nonspacingmark", "Mn"},
                                            {"spacingmark", "Mc"},
                                            {"enclosingmark", "Me"},
                                            {"number", "N"},
                                            {"decimalnumber", "Nd"},
                                            {"letternumber", "Nl"},
                                            {"othernumber", "No"},
                                            {"punctuation", "P"},
                                            {"connectorpunctuation", "Pc"},
                                            {"dashpunctuation", "Pd"},
                                            {"openpunctuation", "Ps"},
                                            {"closepunctuation", "Pe"},
                                            {"initialpunctuation", "Pi"},
                                            {"finalpunctuation", "Pf"},
                                            {"otherpunctuation", "Po"},
                                            {"symbol", "S"},
                                            {"mathsymbol", "Sm"},
                                            {"currencysymbol", "Sc"},
                                            {"modifiersymbol", "Sk"},
                                            {"othersymbol", "So"},
                                            {"separator", "Z"},
                                            {"spaceseparator", "Zs"},
                                            {"lineseparator", "Zl"},
                                            {"paragraphseparator", "Zp"},
                                            {"other", "C"},
                                            {"control", "Cc"},
                                            {"format", "Cf"}}};

template <size_t N>
const Pair* find(const std::array<Pair, N>& table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const Pair& p) { return p.first == name; });
  return found == table.end() ? nullptr : &*found;
}

bool compiles(const std::string& pattern) {
  int code = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                       PCRE2_UTF | PCRE2_UCP, &code, &offset, nullptr);
  pcre2_code_free(compiled);
  return compiled != nullptr;
}

// Names are compared without case, spaces, "_" and "-".
std::string loose(std::string_view name) {
  std::string plain;
  for (char c : name) {
    if (c != ' ' && c != '_' && c != '-')
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

}  // namespace

std::string_view named_class(std::string_view name) {
  const Pair* found = find(kPosix, loose(name));
  return found == nullptr ? std::string_view() : found->second;
}

std::string unicode_property(std::string_view name) {
  std::string own(name);
  if (const Pair* category = find(kCategories, loose(name))) own = category->second;
  // A bare script name means Script_Extensions to PCRE2 and Script to Oniguruma.
  const std::string script = "\\p{sc:" + own + "}";
  const std::string item = own.size() > 2 && compiles(script) ? script : "\\p{" + own + "}";
  return compiles(item) ? item : "";
}

}  // namespace clinfer::text
