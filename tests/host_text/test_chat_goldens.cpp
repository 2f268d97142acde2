#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>

#include "host/text/chat_template.h"
#include "host/text/json_file.h"
#include "quant/error.h"

using namespace clinfer;

namespace {

/// The length and 64-bit FNV-1a hash of a text, as make_chat_goldens.py writes them.
std::string digest(const std::string& text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
  char words[48];
  std::snprintf(words, sizeof words, "%zu %016llx", text.size(), static_cast<unsigned long long>(hash));
  return words;
}

/// What the template makes of the variables of a case; "refused: why" when it refuses them.
std::string rendered(const text::ChatTemplate& chat, text::OrderedJson variables) {
  const text::OrderedJson messages = variables["messages"];
  const bool prompt = variables["add_generation_prompt"].get<bool>();
  variables.erase("messages");
  variables.erase("add_generation_prompt");
  try {
    return chat.render_json(messages, prompt, variables);
  } catch (const Error& error) {
    return std::string("refused: ") + error.what();
  }
}

}  // namespace

TEST_CASE("chat templates in the formats of all families render as Jinja2 renders them") {
  const std::string folder = "tests/data/chat_templates";
  const text::OrderedJson goldens =
      text::parse_ordered_json(text::read_text_file("tests/data/chat_goldens.json"), "goldens");
  const text::OrderedJson& cases = goldens["cases"];
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files += entry.path().extension() == ".jinja";
  CHECK(files == goldens["templates"].size());
  for (const auto& [name, texts] : goldens["templates"].items()) {
    const text::ChatTemplate chat(text::read_text_file(folder + "/" + name), name, "<s>", "</s>");
    REQUIRE(texts.size() == cases.size());
    for (size_t i = 0; i < cases.size(); ++i) {
      const std::string text = rendered(chat, cases[i]);
      CAPTURE(name);
      CAPTURE(i);
      CAPTURE(text);
      CHECK(text.starts_with("refused: ") == texts[i].is_null());
      if (!texts[i].is_null()) CHECK(digest(text) == texts[i].get<std::string>());
    }
  }
}
