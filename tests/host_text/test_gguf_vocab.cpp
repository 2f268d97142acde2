#include <doctest/doctest.h>

#include "host/text/gguf_vocab.h"
#include "host/text/json_file.h"
#include "quant/error.h"

// A GGUF vocabulary made from each tokenizer.json gives the same ids.

namespace clinfer::text {
namespace {

GgufVocab vocab_of(const std::string& kind, const std::string& pre) {
  const Json json = parse_json(read_text_file("tests/data/tokenizers/" + kind + "/tokenizer.json"), kind);
  GgufVocab vocab;
  vocab.name = kind;
  vocab.model = "gpt2";
  vocab.pre = pre;
  auto put = [&vocab](size_t id, const std::string& text, int32_t type) {
    if (id >= vocab.tokens.size()) {
      vocab.tokens.resize(id + 1);
      vocab.token_types.resize(id + 1, 5);
    }
    vocab.tokens[id] = text;
    vocab.token_types[id] = type;
  };
  for (const auto& [text, id] : json["model"]["vocab"].items()) put(id.get<size_t>(), text, 1);
  for (const Json& added : json["added_tokens"]) {
    put(added["id"].get<size_t>(), added["content"].get<std::string>(), added["special"].get<bool>() ? 3 : 4);
  }
  for (const Json& merge : json["model"]["merges"]) {
    vocab.merges.push_back(merge[0].get<std::string>() + " " + merge[1].get<std::string>());
  }
  return vocab;
}

TEST_CASE("GGUF vocabularies give the goldens' ids") {
  const std::pair<const char*, const char*> kinds[] = {
      {"gpt2", "gpt-2"},       {"smollm2", "smollm"},
      {"llama3", "llama-bpe"}, {"qwen2", "qwen2"},
      {"qwen3_5", "qwen35"},   {"deepseek_v3", "deepseek-v3"},
      {"o200k", "gpt-4o"},     {"deepseek_llm", "deepseek-llm"},
      {"tekken", "tekken"}};
  for (const auto& [kind, pre] : kinds) {
    CAPTURE(std::string(kind));
    const Tokenizer tokenizer = load_gguf_vocab(vocab_of(kind, pre));
    const Json golden =
        parse_json(read_text_file(std::string("tests/data/tokenizers/") + kind + "/goldens.json"), kind);
    for (const Json& item : golden["encode"]) {
      CAPTURE(item["text"].dump());
      CHECK(tokenizer.encode(item["text"].get<std::string>()) == item["ids"].get<std::vector<int32_t>>());
      CHECK(tokenizer.decode(item["ids"].get<std::vector<int32_t>>(), false) ==
            item["decoded"].get<std::string>());
    }
  }
}

TEST_CASE("bos, eos and what the file says about them") {
  GgufVocab vocab = vocab_of("llama3", "llama-bpe");
  vocab.bos_id = 1503;
  vocab.eos_id = 1504;
  vocab.eot_id = 1507;
  vocab.add_bos = true;
  const Tokenizer tokenizer = load_gguf_vocab(vocab);
  CHECK(tokenizer.encode("", {.add_special = true}) == std::vector<int32_t>{1503});
  CHECK(tokenizer.eos_ids() == std::vector<int32_t>{1504, 1507});
  CHECK(tokenizer.bos_id() == 1503);
}

TEST_CASE("faulty GGUF vocabularies are refused by key") {
  GgufVocab vocab = vocab_of("gpt2", "gpt-2");
  std::string key;
  SUBCASE("kind") {
    vocab.model = "llama", key = "ggml.model";
  }
  SUBCASE("pre") {
    vocab.pre = "nobody", key = "ggml.pre";
  }
  SUBCASE("types") {
    vocab.token_types.pop_back(), key = "ggml.token_type";
  }
  SUBCASE("no tokens") {
    vocab.tokens.clear(), key = "ggml.tokens";
  }
  SUBCASE("twice") {
    vocab.tokens[5] = vocab.tokens[4], key = "ggml.tokens";
  }
  SUBCASE("merge") {
    vocab.merges[3] = "xyzzy a", key = "ggml.merges[3]";
  }
  SUBCASE("merge of one") {
    vocab.merges[3] = "a", key = "ggml.merges[3]";
  }
  SUBCASE("empty merge") {
    vocab.merges[3] = "", key = "ggml.merges[3]";
  }
  SUBCASE("bos") {
    vocab.bos_id = 1 << 20, key = "token_id";
  }
  SUBCASE("empty control token") {
    vocab.tokens[1500] = "", key = "ggml.tokens[1500]";
  }
  try {
    load_gguf_vocab(vocab);
    FAIL("no error");
  } catch (const Error& e) {
    CHECK(e.fault() == Fault::model);
    CHECK(std::string(e.what()).find(key) != std::string::npos);
  }
}

}  // namespace
}  // namespace clinfer::text
