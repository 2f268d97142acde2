#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "host/text/json_file.h"
#include "host/text/tokenizer_json.h"
#include "quant/error.h"

// Faulty tokenizer.json files end in an error that names the key; hard texts end soon.

namespace clinfer::text {
namespace {

Json small() {
  return Json::parse(R"({"added_tokens": [{"id": 5, "content": "<s>", "special": true}],
    "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\w+"}, "behavior": "Isolated"},
    "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}})");
}

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& e) {
    CHECK(e.fault() == Fault::model);
    return e.what();
  }
  return "no error";
}

std::string load(const Json& json) {
  return message_of([&] { Tokenizer(parse_tokenizer_json(json.dump(), "t.json")); });
}

#define CHECK_NAMES(message, part) CHECK_MESSAGE((message).find(part) != std::string::npos, (message))

TEST_CASE("the small tokenizer itself is sound, gaps in the ids are allowed") {
  const Tokenizer tokenizer(parse_tokenizer_json(small().dump(), "t.json"));
  CHECK(tokenizer.vocab_size() == 6);
  CHECK(tokenizer.encode("abxb<s>") == std::vector<int32_t>{2, 1, 5});  // x is no token and there is no unk
  CHECK(tokenizer.encode("<s>", {.parse_special = false}).empty());
  CHECK(tokenizer.decode(std::vector<int32_t>{2, 4, -1, 99, 5}, true) == "ab");
  CHECK(tokenizer.token_text(4) == nullptr);
  CHECK(tokenizer.token_id("ab") == 2);
  CHECK(tokenizer.token_id("zz") == std::nullopt);
}

TEST_CASE("faults of the model are named") {
  Json json = small();
  std::string part;
  SUBCASE("merge of a missing token") {
    json["model"]["merges"] = Json::parse(R"([["a", "c"]])"), part = "model.merges[0]";
  }
  SUBCASE("merge into a missing token") {
    json["model"]["merges"] = Json::parse(R"([["b", "a"]])"), part = "model.merges[0]";
  }
  SUBCASE("merge of three") {
    json["model"]["merges"] = {"a b c"}, part = "model.merges[0]";
  }
  SUBCASE("merge of one") {
    json["model"]["merges"] = {Json::array({"a"})}, part = "model.merges[0]";
  }
  SUBCASE("merge of a number") {
    json["model"]["merges"] = {7}, part = "model.merges[0]";
  }
  SUBCASE("merges missing") {
    json["model"].erase("merges"), part = "\"merges\"";
  }
  SUBCASE("duplicate id") {
    json["model"]["vocab"]["b"] = 0, part = "id 0";
  }
  SUBCASE("duplicate added id") {
    json["added_tokens"][0]["id"] = 1, part = "id 1";
  }
  SUBCASE("id too large") {
    json["model"]["vocab"]["b"] = 1 << 24, part = "model.vocab";
  }
  SUBCASE("id huge") {
    json["model"]["vocab"]["b"] = 18446744073709551615u, part = "model.vocab";
  }
  SUBCASE("id negative") {
    json["model"]["vocab"]["b"] = -1, part = "model.vocab";
  }
  SUBCASE("id a fraction") {
    json["model"]["vocab"]["b"] = 1.5, part = "model.vocab";
  }
  SUBCASE("vocab a list") {
    json["model"]["vocab"] = Json::array(), part = "model.vocab";
  }
  SUBCASE("added id too large") {
    json["added_tokens"][0]["id"] = 1 << 24, part = "added_tokens[0].id";
  }
  SUBCASE("empty added token") {
    json["added_tokens"][0]["content"] = "", part = "added_tokens[0].content";
  }
  SUBCASE("added token with another id") {
    json["added_tokens"][0]["content"] = "a", part = "added_tokens[0].id";
  }
  SUBCASE("Unigram") {
    json["model"]["type"] = "Unigram", part = "model.type";
  }
  SUBCASE("suffix") {
    json["model"]["end_of_word_suffix"] = "</w>", part = "model.end_of_word_suffix";
  }
  SUBCASE("dropout") {
    json["model"]["dropout"] = 0.1, part = "model.dropout";
  }
  SUBCASE("no model") {
    json.erase("model"), part = "\"model\"";
  }
  SUBCASE("a list") {
    json = Json::array(), part = "top level";
  }
  const std::string message = load(json);
  CHECK_NAMES(message, "t.json");
  CHECK_NAMES(message, part);
}

TEST_CASE("faults of the other parts are named") {
  Json json = small();
  std::string part;
  SUBCASE("normalizer") {
    json["normalizer"] = {{"type", "Precompiled"}}, part = "normalizer.type";
  }
  SUBCASE("pre-tokenizer") {
    json["pre_tokenizer"] = {{"type", "Huh"}}, part = "pre_tokenizer.type";
  }
  SUBCASE("decoder") {
    json["decoder"] = {{"type", "WordPiece"}}, part = "decoder.type";
  }
  SUBCASE("decoder without pattern") {
    json["decoder"] = {{"type", "Replace"}, {"content", ""}, {"pattern", {{"String", ""}}}};
    part = "decoder.pattern.String";
  }
  SUBCASE("post-processor") {
    json["post_processor"] = {{"type", "Huh"}}, part = "post_processor.type";
  }
  SUBCASE("template without ids") {
    json["post_processor"] = Json::parse(R"({"type": "TemplateProcessing", "special_tokens": {},
      "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}]})");
    part = "post_processor.special_tokens";
  }
  SUBCASE("behavior") {
    json["pre_tokenizer"]["behavior"] = "Huh", part = "pre_tokenizer.behavior";
  }
  SUBCASE("regex") {
    json["pre_tokenizer"]["pattern"]["Regex"] = "(a", part = "pre_tokenizer.pattern.Regex";
  }
  SUBCASE("regex class") {
    json["pre_tokenizer"]["pattern"]["Regex"] = "[z-a]", part = "pattern.Regex";
  }
  SUBCASE("regex property") {
    json["pre_tokenizer"]["pattern"]["Regex"] = "\\p{Huh}", part = "pattern.Regex";
  }
  const std::string message = load(json);
  CHECK_NAMES(message, "t.json");
  CHECK_NAMES(message, part);
}

TEST_CASE("text that is no JSON, or too deep, or too large") {
  auto parse = [](const std::string& text) {
    return message_of([&] { parse_tokenizer_json(text, "t.json"); });
  };
  CHECK_NAMES(parse(""), "t.json: not valid JSON");
  CHECK_NAMES(parse("{\"a\": "), "t.json: not valid JSON");
  CHECK_NAMES(parse(std::string(1'000'000, '[')), "t.json: JSON nested deeper");
  CHECK_NAMES(message_of([] { load_tokenizer_json("tests/data/tokenizers/nothing.json"); }), "nothing.json");
  const auto path = std::filesystem::temp_directory_path() / "clinfer_large_tokenizer.json";
  std::ofstream(path) << "{}";
  std::filesystem::resize_file(path, kMaxJsonBytes + 1);
  CHECK_NAMES(message_of([&] { load_tokenizer_json(path.string()); }), "bytes, expected at most");
  std::filesystem::remove(path);
}

TEST_CASE("an exponential expression reaches its limit") {
  for (const char* bomb : {"(a+)+$", "(a|aa)+$", "(?:a*)*[bc]"}) {
    CAPTURE(std::string(bomb));
    Json json = small();
    json["pre_tokenizer"]["pattern"]["Regex"] = bomb;
    const Tokenizer tokenizer(parse_tokenizer_json(json.dump(), "t.json"));
    const std::string message = message_of([&] { tokenizer.encode(std::string(5000, 'a') + "!"); });
    CHECK_NAMES(message, "t.json: pre_tokenizer.pattern.Regex");
  }
}

}  // namespace
}  // namespace clinfer::text
