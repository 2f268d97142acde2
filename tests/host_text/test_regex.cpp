#include <doctest/doctest.h>

#include "host/text/regex.h"
#include "quant/error.h"

// Oniguruma's meaning of each construct, where PCRE2 has another.

namespace clinfer::text {
namespace {

// The matches in a text, joined by "|".
std::string matches(const std::string& pattern, const std::string& text) {
  std::string out;
  Regex(pattern, "t").for_each_match(text, [&](size_t begin, size_t end) {
    if (!out.empty()) out += '|';
    out += text.substr(begin, end - begin);
  });
  return out;
}

TEST_CASE("shorthand classes") {
  CHECK(matches("\\s+",
                "a \xC2\x85\xE3\x80\x80"
                "b") == " \xC2\x85\xE3\x80\x80");
  CHECK(matches("\\s", "\xE1\xA0\x8E").empty());                  // U+180E is no space
  CHECK(matches("\\w+", "a_\xE2\x93\x90-") == "a_\xE2\x93\x90");  // a circled letter is alphabetic
  CHECK(matches("\\w", "\xC2\xBD").empty());                      // one half is not
  CHECK(matches("\\h+", "xyzBeef 1g") == "Beef|1");
  CHECK(matches("[\\s\\S]", "a") == "a");
  CHECK(matches("[^\\S ]", "a \t") == "\t");
  CHECK(matches("[\\w-]+", "a-b+") == "a-b");
  CHECK(matches("\\bb\\w*", "ab bc") == "bc");
  CHECK(matches("\\v", "\n\v") == "\v");
  CHECK(matches("\\u00e9\\x{e9}\\x41",
                "\xC3\xA9\xC3\xA9"
                "A") ==
        "\xC3\xA9\xC3\xA9"
        "A");
}

TEST_CASE("properties and POSIX classes") {
  CHECK(matches("\\p{Letter}+", "ab1") == "ab");
  CHECK(matches("\\p{^Lu}", "Ab") == "b");
  CHECK(matches("[[:alpha:]]+",
                "\xC3\xA9"
                "a1") ==
        "\xC3\xA9"
        "a");
  CHECK(matches("[[:^space:]]+", "ab c") == "ab|c");
  CHECK(matches("\\p{Han}+", "\xE6\x97\xA5\xE3\x80\x81") == "\xE6\x97\xA5");  // the comma U+3001 is Common
}

TEST_CASE("classes in classes") {
  CHECK(matches("[a[bc]]+", "abcd") == "abc");
  CHECK(matches("[\\w&&[^b]]+", "abc") == "a|c");
  CHECK(matches("[^\\w&&[^b]]+", "abc") == "b");
  CHECK(matches("[\\p{L}&&[^\\p{Han}]]+",
                "a\xE6\x97\xA5"
                "b") == "a|b");
  CHECK(matches("[\\[\\]^]+", "[^]x") == "[^]");
}

TEST_CASE("quantifiers, options and anchors") {
  CHECK(matches("a{1,2}+b", "aaaab") == "aaaab");  // (?:a{1,2})+, not possessive
  CHECK(matches("a{,2}", "aaa") == "aa|a");
  CHECK(matches("a{2}?", "aaa") == "aa|");  // optional, not lazy: empty at the end
  CHECK(matches("x{a}", "x{a}") == "x{a}");
  CHECK(matches("a++b?", "aab") == "aab");
  CHECK(matches("(?m:.)+", "a\nb") == "a\nb");
  CHECK(matches(".+", "a\nb") == "a|b");
  CHECK(matches("a(?i)b|c", "aB aC c") == "aB|aC");
  CHECK(matches("^a$", "a\na") == "a|a");
  CHECK(matches("\\s+$", "a  \nb   5  ") == "  |  ");
}

TEST_CASE("what has no counterpart is refused") {
  for (const char* pattern :
       {"\\K", "(?~a)", "(?x) a", "\\xe4", "[[:huh:]]", "\\p{Huh}", "[a&&]", "a)", "(a", "[a", "*", "\\"}) {
    CAPTURE(std::string(pattern));
    CHECK_THROWS_AS(Regex(pattern, "t"), Error);
  }
  CHECK_THROWS_AS(Regex(std::string(100000, 'a'), "t"), Error);
}

}  // namespace
}  // namespace clinfer::text
