#include <doctest/doctest.h>

#include "host/text/sentencepiece_folder.h"
#include "host/text/sentencepiece_model.h"
#include "host/text/tokenizer_folder.h"
#include "tests/host_text/tokenizer_files.h"
#include "tests/temporary_folder.h"

// Ids that the sentencepiece package gave for hard strings with a small model file, and faulty files.

namespace clinfer::text {
namespace {

using namespace std::string_literals;
using Ids = std::vector<int32_t>;

constexpr const char* kFolder = "tests/data/tokenizers/sentencepiece_bpe";

std::string model_bytes() {
  return read_text_file(std::string(kFolder) + "/tokenizer.model");
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(static_cast<unsigned char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

void check_goldens(const Tokenizer& tokenizer, const Json& golden, const std::string& kind) {
  const std::vector<std::string> texts = golden_texts(golden);
  REQUIRE(texts.size() == golden[kind + "ids"].size());
  for (size_t i = 0; i < texts.size(); ++i) {
    CAPTURE(texts[i]);
    const Ids ids = golden[kind + "ids"][i].get<Ids>();
    CHECK(tokenizer.encode(texts[i], {.parse_special = false}) == ids);
    const Json& decoded = golden[kind + "decoded"];
    const std::string key = std::to_string(i);
    CHECK(tokenizer.decode(ids, true) ==
          (decoded.contains(key) ? decoded[key].get<std::string>() : texts[i]));
  }
}

TEST_CASE("a folder with tokenizer.model encodes and decodes as sentencepiece does") {
  const Tokenizer tokenizer = load_tokenizer_folder(kFolder);
  CHECK(tokenizer.vocab_size() == 1000);
  CHECK(tokenizer.bos_id() == 1);
  CHECK(tokenizer.eos_ids() == Ids{2});
  CHECK(tokenizer.encode("</s>", {.add_special = true}) == Ids{1, 2});
  check_goldens(tokenizer, read_json(std::string(kFolder) + "/goldens.json"), "");
}

TEST_CASE("without a dummy prefix, with pieces that the user defined") {
  const Json golden = read_json(std::string(kFolder) + "/goldens.json");
  const test::TemporaryFolder folder;
  folder.write("tokenizer.model", model_bytes() + from_hex(golden["bare_hex"].get<std::string>()));
  check_goldens(load_tokenizer_folder(folder.path()), golden, "bare_");
}

TEST_CASE("tokenizer_config.json adds tokens and says what stands round a text") {
  const test::TemporaryFolder folder;
  folder.write("tokenizer.model", model_bytes());
  folder.write("tokenizer_config.json",
               R"({"add_bos_token": false, "add_eos_token": true, "eos_token": "<end>",
    "added_tokens_decoder": {"1000": {"content": "<end>", "special": true}}})");
  folder.write("generation_config.json", R"({"eos_token_id": [2, 1000]})");
  const Tokenizer tokenizer = load_tokenizer_folder(folder.path());
  CHECK(tokenizer.vocab_size() == 1001);
  CHECK(tokenizer.eos_ids() == Ids{2, 1000});
  CHECK(tokenizer.encode("<end>", {.add_special = true}) == Ids{1000, 2});
  folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {"2": {"content": "<end>"}}})");
  CHECK_NAMES(message_of([&] { load_tokenizer_folder(folder.path()); }),
              "added_tokens_decoder: id 2 is \"</s>\" in tokenizer.model");
}

struct Tail {
  std::string bytes;  // behind a sound model
  const char* message;
};

TEST_CASE("models of other kinds and damaged ones are refused") {
  const Tail tails[] = {
      {"\x12\x02\x18\x01", "trainer_spec.model_type 1 (Unigram) is unsupported"},
      {"\x12\x02\x18\x04", "trainer_spec.model_type 4 is unsupported"},
      {"\x12\x03\xc0\x01\x01", "treat_whitespace_as_suffix"},
      {"\x12\x04\xc8\x02\xe8\x07", "trainer_spec: id 1000 of no piece"},
      {"\x1a\x03\x12\x01x", "precompiled_charsmap"},
      {"\x1a\x02\x20\x01", "remove_extra_whitespaces"},
      {"\x1a\x02\x28\x00"s, "escape_whitespaces"},
      {"\x1a\x02\x1a\x00"s, "normalizer_spec: byte 2: field 3: expected wire type 0, got 2"},
      {"\x0a\x03\x0a\x01<", "stands there twice"},
      {"\x0a\x02\x18\x01", "piece 1000: expected a text in UTF-8"},
      {"\x0a\x03\x0a\x01\xff", "piece 1000: expected a text in UTF-8"},
      {"\x0a\x06\x0a\x02zz\x18\x07", "piece 1000: type 7"},
      {"\x0a\x06\x0a\x02zz\x18\x05", "piece 1000: unused pieces"},
      {"\x0a\x06\x0a\x02zz\x18\x04", "piece 1000: pieces that the user defined"},
      {"\x0a\x06\x0a\x02zz\x18\x02", "2 pieces of the type unknown"},
      {"\x0a\x09\x0a\x02zz\x15\x00\x00\xc0\x7f"s, "piece 1000: expected a score"},
      {"\x0a\x06\x0a\x02zz\x10\x02", "piece 1000: byte 6: field 2: expected wire type 5"},
      {"\x0a\x06zz", "a field of 6 bytes, 2 are left"},
      {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "bytes, 0 are left"},
      {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a number of more than 10 bytes"},
      {"\x0a", "cut off inside a number"},
      {"\x0b", "field 1 of wire type 3"},
      {"\x02", "field number 0"}};
  const std::string sound = model_bytes();
  for (const Tail& tail : tails) {
    CAPTURE(tail.message);
    const std::string message = message_of([&] { parse_sentencepiece_model(sound + tail.bytes, "t.model"); });
    CHECK_NAMES(message, "t.model: ");
    CHECK_NAMES(message, tail.message);
  }
  CHECK_NAMES(message_of([] { parse_sentencepiece_model("", "t.model"); }), "t.model: expected a Sentence");
  CHECK_NAMES(message_of([] { parse_sentencepiece_model("QQ== 0\n", "t.model"); }), "expected a Sentence");
}

TEST_CASE("a model cut off anywhere is an error, never a crash") {
  const std::string sound = model_bytes();
  for (size_t size = 0; size < sound.size(); size += 97)
    CHECK(message_of([&] { parse_sentencepiece_model(sound.substr(0, size), "t.model"); }) != "no error");
}

}  // namespace
}  // namespace clinfer::text
