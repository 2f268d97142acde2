#include "host/text/tiktoken_folder.h"

#include <filesystem>

#include "host/text/byte_alphabet.h"
#include "host/text/json_file.h"
#include "host/text/tiktoken_ranks.h"
#include "host/text/tokenizer_json.h"

namespace clinfer::text {
namespace {

constexpr size_t kReserved = 256;  // ids behind the ranks
constexpr const char* kClass = "TikTokenTokenizer";

// The published expression runs over intersections such as [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]. PCRE2
// has none; the same set is all that is neither of the other categories nor Han, in one class.
constexpr const char* kPreTokenizer = R"J({"type": "Sequence", "pretokenizers": [
  {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "[\\p{Han}]+|[^\\r\\n\\p{L}\\p{N}]?[^\\p{Ll}\\p{N}\\p{P}\\p{S}\\p{Z}\\p{C}\\p{Han}]*[^\\p{Lu}\\p{Lt}\\p{N}\\p{P}\\p{S}\\p{Z}\\p{C}\\p{Han}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[^\\p{Ll}\\p{N}\\p{P}\\p{S}\\p{Z}\\p{C}\\p{Han}]+[^\\p{Lu}\\p{Lt}\\p{N}\\p{P}\\p{S}\\p{Z}\\p{C}\\p{Han}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}},
  {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]})J";

// tiktoken merges the pair whose bytes joined have the lowest rank; a piece that is a token needs no merges.
std::unique_ptr<BpeModel> make_model(const std::vector<std::string>& tokens) {
  std::vector<std::string> written;
  written.reserve(tokens.size());
  Vocabulary vocabulary;
  vocabulary.reserve(tokens.size());
  for (const std::string& token : tokens) {
    written.push_back(bytes_to_alphabet(token));
    vocabulary.emplace(written.back(), static_cast<int32_t>(vocabulary.size()));
  }
  BpeModel::Options options;
  options.ignore_merges = true;
  auto model = std::make_unique<BpeModel>(std::move(vocabulary), options);
  for (size_t rank = 0; rank < written.size(); ++rank)
    model->add_merges_into(written[rank], static_cast<int32_t>(rank));
  return model;
}

std::vector<AddedToken> read_special_tokens(const std::string& path, size_t ranks) {
  const Json json = parse_json(read_text_file(path), path);
  const JsonAt config(json, path);
  if (config.string("tokenizer_class", kClass) != kClass)
    config["tokenizer_class"].fail(std::string("expected ") + kClass + ", whose split expression is known");
  std::vector<AddedToken> added = parse_added_tokens_decoder(config);
  std::vector<bool> named(kReserved, false);
  for (AddedToken& token : added) {
    const auto id = static_cast<size_t>(token.id);
    if (id < ranks) {
      config["added_tokens_decoder"].fail("id " + std::to_string(id) + ": expected ids from " +
                                          std::to_string(ranks) + " on, behind the ranks of tiktoken.model");
    }
    if (id - ranks < kReserved) named[id - ranks] = true;
    token.single_word = token.lstrip = token.rstrip = token.normalized = false;  // searched as they stand
    token.on_request = true;
  }
  for (size_t i = 0; i < kReserved; ++i) {
    if (named[i]) continue;
    AddedToken token;
    token.id = static_cast<int32_t>(ranks + i);
    token.content = "<|reserved_token_" + std::to_string(token.id) + "|>";
    token.special = true;
    added.push_back(std::move(token));
  }
  return added;
}

}  // namespace

Tokenizer load_tiktoken(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path file = fs::is_directory(path) ? fs::path(path) / "tiktoken.model" : fs::path(path);
  const std::vector<std::string> tokens = parse_tiktoken_ranks(read_text_file(file.string()), file.string());
  TokenizerParts parts;
  parts.name = file.string();
  parts.model = make_model(tokens);
  parts.added = read_special_tokens((file.parent_path() / "tokenizer_config.json").string(), tokens.size());
  const Json pre_tokenizer = Json::parse(kPreTokenizer);
  const Json decoder = Json::parse(R"({"type": "ByteLevel"})");
  parts.pre_tokenizer = make_pre_tokenizer(JsonAt(pre_tokenizer, file.string()));
  parts.decoder = make_token_decoder(JsonAt(decoder, file.string()));
  read_config_ids(parts, file.parent_path().string());
  return Tokenizer(std::move(parts));
}

}  // namespace clinfer::text
