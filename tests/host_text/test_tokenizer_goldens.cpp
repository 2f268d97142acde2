#include <doctest/doctest.h>

#include "host/text/json_file.h"
#include "host/text/stream_decoder.h"
#include "host/text/tokenizer_json.h"

// Ids and texts that Hugging Face's tokenizers gave for 440 hard strings, one tokenizer of each kind.

namespace clinfer::text {
namespace {

constexpr const char* kKinds[] = {
    "gpt2",   "llama3",  "qwen2",      "deepseek_v3",          "smollm2",   "deepseek_llm", "o200k",
    "tekken", "qwen3_5", "llama2_spm", "llama2_spm_metaspace", "gemma_spm", "phi3_spm"};

std::string folder(const std::string& kind) {
  return "tests/data/tokenizers/" + kind;
}

Json goldens(const std::string& kind) {
  return parse_json(read_text_file(folder(kind) + "/goldens.json"), kind);
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(static_cast<unsigned char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

using Ids = std::vector<int32_t>;

TEST_CASE("encode and decode give the goldens' ids and texts") {
  for (const char* kind : kKinds) {
    CAPTURE(kind);
    const Tokenizer tokenizer = load_tokenizer_json(folder(kind));
    const Json golden = goldens(kind);
    REQUIRE(golden["encode"].size() >= 440);
    for (const Json& item : golden["encode"]) {
      const std::string text = item.contains("bytes_hex") ? from_hex(item["bytes_hex"].get<std::string>())
                                                          : item["text"].get<std::string>();
      CAPTURE(item["text"].dump());
      CHECK(tokenizer.encode(text) == item["ids"].get<Ids>());
      CHECK(tokenizer.encode(text, {.add_special = true}) == item["ids_special"].get<Ids>());
      CHECK(tokenizer.decode(item["ids_special"].get<Ids>(), true) ==
            item["decoded_skip"].get<std::string>());
      CHECK(tokenizer.decode(item["ids"].get<Ids>(), false) == item["decoded"].get<std::string>());
    }
    for (const Json& item : golden["decode"]) {
      CAPTURE(item.dump());
      CHECK(tokenizer.decode(item["ids"].get<Ids>(), false) == item["text"].get<std::string>());
    }
  }
}

TEST_CASE("streams come out in the goldens' chunks") {
  for (const char* kind : kKinds) {
    CAPTURE(kind);
    const Tokenizer tokenizer = load_tokenizer_json(folder(kind));
    const Json golden = goldens(kind);
    for (const Json& item : golden["stream"]) {
      CAPTURE(item["text"].dump());
      StreamDecoder decoder(tokenizer, false);
      std::string all;
      for (size_t i = 0; i < item["ids"].size(); ++i) {
        CAPTURE(i);
        const std::string chunk = decoder.push(item["ids"][i].get<int32_t>());
        const Json& expected = item["chunks"][i];
        CHECK(chunk == (expected.is_null() ? "" : expected.get<std::string>()));
        all += chunk;
      }
      CHECK(all + decoder.finish() == tokenizer.decode(item["ids"].get<Ids>(), false));
    }
  }
}

TEST_CASE("a stream of random byte-level tokens equals the decoded whole") {
  const Tokenizer tokenizer = load_tokenizer_json(folder("qwen2"));
  const Json golden = goldens("qwen2");
  for (const Json& item : golden["decode"]) {
    StreamDecoder decoder(tokenizer, false);
    std::string all;
    for (const Json& id : item["ids"]) all += decoder.push(id.get<int32_t>());
    CHECK(all + decoder.finish() == item["text"].get<std::string>());
  }
}

}  // namespace
}  // namespace clinfer::text
