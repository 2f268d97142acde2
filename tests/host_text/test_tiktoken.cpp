#include <doctest/doctest.h>

#include "host/text/tiktoken_folder.h"
#include "host/text/tiktoken_ranks.h"
#include "host/text/tokenizer_folder.h"
#include "tests/host_text/tokenizer_files.h"
#include "tests/temporary_folder.h"

// Ids that the tiktoken package gave for hard strings with a small file of ranks, and faulty files.

namespace clinfer::text {
namespace {

constexpr const char* kFolder = "tests/data/tokenizers/han_split";
constexpr int32_t kRanks = 1200;

using Ids = std::vector<int32_t>;

TEST_CASE("a folder with tiktoken.model encodes and decodes as tiktoken does") {
  const Tokenizer tokenizer = load_tokenizer_folder(kFolder);
  const Json golden = read_json(std::string(kFolder) + "/goldens.json");
  const std::vector<std::string> texts = golden_texts(golden);
  REQUIRE(texts.size() == golden["ids"].size());
  REQUIRE(texts.size() >= 490);
  for (size_t i = 0; i < texts.size(); ++i) {
    CAPTURE(texts[i]);
    const Ids ids = golden["ids"][i].get<Ids>();
    const std::string key = std::to_string(i);
    CHECK(tokenizer.encode(texts[i], {.add_special = true}) == ids);
    CHECK(tokenizer.encode(texts[i], {.parse_special = false}) ==
          (golden["plain_ids"].contains(key) ? golden["plain_ids"][key].get<Ids>() : ids));
    CHECK(tokenizer.decode(ids, false) == texts[i]);
  }
  for (const Json& item : golden["decode"])
    CHECK(tokenizer.decode(item["ids"].get<Ids>(), false) == item["text"].get<std::string>());
}

TEST_CASE("special tokens come from tokenizer_config.json, the ids between are reserved") {
  const Tokenizer tokenizer = load_tiktoken(kFolder);
  CHECK(tokenizer.vocab_size() == kRanks + 256);
  CHECK(tokenizer.bos_id() == kRanks);
  CHECK(tokenizer.eos_ids() == Ids{kRanks + 1, kRanks + 2});
  CHECK(*tokenizer.token_text(kRanks + 5) == "<|reserved_token_1205|>");
  CHECK(tokenizer.is_special(kRanks + 5));
  const Ids call = {kRanks + 13, kRanks + 2};  // the one is not special, and shown
  CHECK(tokenizer.decode(call, true) == "<|tool_call_begin|>");
}

// A pair of neighbours that joins to the same bytes in two ways: the left one goes first.
TEST_CASE("pairs of one rank are merged from the left") {
  std::string ranks;
  for (int byte = 0; byte < 256; ++byte) {
    constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    ranks += kDigits[byte >> 2];
    ranks += kDigits[(byte & 3) << 4];
    ranks += "== " + std::to_string(byte) + "\r\n";
  }
  const test::TemporaryFolder folder;
  folder.write("tiktoken.model", ranks + "\nYWE= 256\nYWFh 257\n");  // aa, aaa
  folder.write("tokenizer_config.json", "{}");
  const Tokenizer tokenizer = load_tokenizer_folder(folder.path());
  CHECK(tokenizer.encode("aaaa") == Ids{256, 256});
  CHECK(tokenizer.encode("aaaaa") == Ids{256, 257});
  CHECK(tokenizer.encode("aaa") == Ids{257});
}

struct FaultyRanks {
  const char* text;
  const char* message;
};

constexpr FaultyRanks kFaultyRanks[] = {
    {"QQ== 0\nQ!== 1\n", "line 2: \"Q!==\" is not base64"},
    {"QR== 0\n", "line 1: \"QR==\" is not base64"},
    {"Q=Q= 0\n", "line 1: \"Q=Q=\" is not base64"},
    {"QQ 0\n", "line 1: \"QQ\" is not base64"},
    {"==== 0\n", "is not base64"},
    {" 0\n", "line 1: \"\" is not base64"},
    {"QQ==\n", "line 1: expected \"base64 rank\""},
    {"QQ== x\n", "line 1: expected a rank"},
    {"QQ== -1\n", "line 1: expected a rank"},
    {"QQ== 99999999999999999999\n", "line 1: expected a rank"},
    {"QQ== 0 1\n", "line 1: expected a rank"},
    {"QQ== 0\nQg== 0\n", "line 2: rank 0 stands in line 1"},
    {"QQ== 0\n\nQQ== 1\n", "line 3: the token stands in line 1"},
    {"QQ== 0\nQg== 2\n", "line 2: rank 2 of 2 tokens"},
    {"QQ== 0\n", "no token for byte 0"},
    {"", "no token for byte 0"},
};

TEST_CASE("faults of a file of ranks are named with their line") {
  for (const FaultyRanks& fault : kFaultyRanks) {
    CAPTURE(std::string(fault.text));
    const std::string message = message_of([&] { parse_tiktoken_ranks(fault.text, "t.model"); });
    CHECK_NAMES(message, "t.model: ");
    CHECK_NAMES(message, fault.message);
  }
  std::string text = read_text_file(std::string(kFolder) + "/tiktoken.model");
  text.resize(text.size() / 2);
  CHECK_NAMES(message_of([&] { parse_tiktoken_ranks(text, "t.model"); }), "t.model: line ");
}

TEST_CASE("faults of tokenizer_config.json are named") {
  Json config = read_json(std::string(kFolder) + "/tokenizer_config.json");
  Json& added = config["added_tokens_decoder"];
  std::string part;
  SUBCASE("id of a rank") {
    added["7"] = added["1200"], part = "added_tokens_decoder: id 7";
  }
  SUBCASE("id not a number") {
    added["12x"] = added["1200"], part = "got \"12x\"";
  }
  SUBCASE("id too large") {
    added["16777216"] = added["1200"], part = "got \"16777216\"";
  }
  SUBCASE("no content") {
    added["1200"].erase("content"), part = "added_tokens_decoder.1200";
  }
  SUBCASE("a list") {
    added = Json::array(), part = "added_tokens_decoder";
  }
  SUBCASE("another class") {
    config["tokenizer_class"] = "Other", part = "tokenizer_class: expected";
  }
  const test::TemporaryFolder folder;
  folder.write("tiktoken.model", read_text_file(std::string(kFolder) + "/tiktoken.model"));
  folder.write("tokenizer_config.json", config.dump());
  const std::string message = message_of([&] { load_tokenizer_folder(folder.path()); });
  CHECK_NAMES(message, "tokenizer_config.json: ");
  CHECK_NAMES(message, part);
}

TEST_CASE("missing files are named") {
  const test::TemporaryFolder folder;
  const auto load = [&] { load_tokenizer_folder(folder.path()); };
  CHECK_NAMES(message_of(load), "expected tokenizer.json, tiktoken.model or tokenizer.model");
  folder.write("tiktoken.model", read_text_file(std::string(kFolder) + "/tiktoken.model"));
  CHECK_NAMES(message_of(load), "tokenizer_config.json: cannot be read");
  folder.write("tokenizer.json", "{}");
  CHECK_NAMES(message_of(load), "tokenizer.json: top level: expected the key \"model\"");
}

}  // namespace
}  // namespace clinfer::text
