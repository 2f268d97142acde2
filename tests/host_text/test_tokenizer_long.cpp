#include <doctest/doctest.h>

#include "host/text/tokenizer_folder.h"

// Texts of 3 MB without a place to cut: an algorithm that is quadratic anywhere does not come back in ctest's
// time.

namespace clinfer::text {
namespace {

constexpr size_t kBytes = 3'000'000;

std::string repeat(std::string_view part) {
  std::string text;
  while (text.size() < kBytes) text += part;
  return text;
}

TEST_CASE("3 MB in one word, of one character, of spaces") {
  const std::string texts[] = {
      repeat("abcdefghij"),   repeat("A"),  repeat(" "), repeat(" ") + "\xE4\xB8\xAD",
      repeat("\xE6\x97\xA5"), repeat("!?"), repeat("7"), repeat("\r\n "),
      repeat("\xFF")};
  for (const char* kind : {"deepseek_v3", "deepseek_llm", "llama2_spm", "han_split"}) {
    CAPTURE(std::string(kind));
    const Tokenizer tokenizer = load_tokenizer_folder(std::string("tests/data/tokenizers/") + kind);
    for (const std::string& text : texts) {
      CAPTURE(text.substr(0, 20));
      const std::vector<int32_t> ids = tokenizer.encode(text);
      CHECK(ids.size() > 1000);
      if (static_cast<unsigned char>(text[0]) != 0xFF) CHECK(tokenizer.decode(ids, false) == text);
    }
  }
}

}  // namespace
}  // namespace clinfer::text
