#include "host/text/tokenizer_json.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "quant/error.h"

namespace clinfer::text {
namespace {

Vocabulary parse_vocabulary(const JsonAt& json) {
  if (!json.value().is_object()) json.fail("expected an object of tokens and ids");
  Vocabulary vocabulary;
  vocabulary.reserve(json.value().size());
  for (const auto& [token, id] : json.value().items()) {
    if (!id.is_number_integer() || id < 0 || id >= (int64_t{1} << 24)) {
      json.fail("id of token \"" + token + "\": expected an integer in [0, 2^24), got " +
                id.dump().substr(0, 40));
    }
    vocabulary.emplace(token, id.get<int32_t>());
  }
  return vocabulary;
}

void refuse_affix(const JsonAt& json, const char* key) {
  if (!json.string(key, "").empty()) json[key].fail("unsupported in a BPE model");
}

// "a b" in older files, ["a", "b"] in newer ones, where tokens may contain spaces.
void add_merge(BpeModel& model, const JsonAt& merge) {
  std::string left;
  std::string right;
  if (merge.value().is_string()) {
    const std::string both = merge.string();
    const size_t space = both.find(' ');
    if (space == std::string::npos || both.find(' ', space + 1) != std::string::npos) {
      merge.fail("expected two tokens, got \"" + both + "\"");
    }
    left = both.substr(0, space);
    right = both.substr(space + 1);
  } else {
    if (merge.size() != 2) merge.fail("expected two tokens");
    left = merge[size_t{0}].string();
    right = merge[size_t{1}].string();
  }
  if (!model.add_merge(left, right)) {
    merge.fail("\"" + left + "\", \"" + right + "\" or their concatenation is not in the vocabulary");
  }
}

std::unique_ptr<BpeModel> parse_model(const JsonAt& json) {
  const std::string type = json.string("type", "BPE");  // files of 2019 name no type
  if (type != "BPE") json["type"].fail("unsupported tokenizer model " + type + ", expected BPE");
  refuse_affix(json, "continuing_subword_prefix");
  refuse_affix(json, "end_of_word_suffix");
  if (json.has("dropout") && json["dropout"].value() != 0) json["dropout"].fail("expected null");
  BpeModel::Options options;
  if (json.has("unk_token")) options.unk_token = json["unk_token"].string();
  options.fuse_unk = json.boolean("fuse_unk", false);
  options.byte_fallback = json.boolean("byte_fallback", false);
  options.ignore_merges = json.boolean("ignore_merges", false);
  auto model = std::make_unique<BpeModel>(parse_vocabulary(json["vocab"]), options);
  const JsonAt merges = json["merges"];
  for (size_t i = 0, count = merges.size(); i < count; ++i) add_merge(*model, merges[i]);
  return model;
}

// All but the id.
AddedToken parse_content(const JsonAt& json) {
  AddedToken token;
  token.content = json["content"].string();
  if (token.content.empty()) json["content"].fail("expected a token that is not empty");
  token.special = json.boolean("special", false);
  token.single_word = json.boolean("single_word", false);
  token.lstrip = json.boolean("lstrip", false);
  token.rstrip = json.boolean("rstrip", false);
  token.normalized = json.boolean("normalized", !token.special);
  return token;
}

AddedToken parse_added_token(const JsonAt& json, const Vocabulary& vocabulary) {
  AddedToken token = parse_content(json);
  token.id = json["id"].token_id();
  const auto found = vocabulary.find(token.content);
  if (found != vocabulary.end() && found->second != token.id) {
    json["id"].fail("token \"" + token.content + "\" has id " + std::to_string(found->second) +
                    " in model.vocab");
  }
  return token;
}

}  // namespace

std::string parse_config_token(const JsonAt& config, const char* key) {
  if (!config.has(key)) return "";
  const JsonAt token = config[key];
  return token.value().is_object() ? token["content"].string() : token.string();
}

TokenizerParts parse_tokenizer_json(const std::string& text, const std::string& name) {
  const Json json = parse_json(text, name);
  const JsonAt root(json, name);
  TokenizerParts parts;
  parts.name = name;
  parts.model = parse_model(root["model"]);
  if (root.has("added_tokens")) {
    const JsonAt added = root["added_tokens"];
    for (size_t i = 0; i < added.size(); ++i) {
      parts.added.push_back(parse_added_token(added[i], parts.model->vocabulary()));
    }
  }
  if (root.has("normalizer")) parts.normalizer = make_normalizer(root["normalizer"]);
  if (root.has("pre_tokenizer")) parts.pre_tokenizer = make_pre_tokenizer(root["pre_tokenizer"]);
  if (root.has("post_processor")) parts.frame = parse_post_processor(root["post_processor"]);
  if (root.has("decoder")) parts.decoder = make_token_decoder(root["decoder"]);
  return parts;
}

namespace {

std::optional<int32_t> id_of(const TokenizerParts& parts, const std::string& content) {
  for (const AddedToken& token : parts.added) {
    if (token.content == content) return token.id;
  }
  const auto found = parts.model->vocabulary().find(content);
  if (found == parts.model->vocabulary().end()) return std::nullopt;
  return found->second;
}

void add_eos(TokenizerParts& parts, int32_t id) {
  if (std::find(parts.eos_ids.begin(), parts.eos_ids.end(), id) == parts.eos_ids.end())
    parts.eos_ids.push_back(id);
}

void read_tokenizer_config(TokenizerParts& parts, const std::string& path) {
  const Json json = parse_json(read_text_file(path), path);
  const JsonAt config(json, path);
  const std::string bos = parse_config_token(config, "bos_token");
  const std::string eos = parse_config_token(config, "eos_token");
  if (!bos.empty()) parts.bos_id = id_of(parts, bos);
  if (const auto id = eos.empty() ? std::nullopt : id_of(parts, eos)) add_eos(parts, *id);
}

void read_generation_config(TokenizerParts& parts, const std::string& path) {
  const Json json = parse_json(read_text_file(path), path);
  const JsonAt config(json, path);
  if (!config.has("eos_token_id")) return;
  const JsonAt eos = config["eos_token_id"];
  if (!eos.value().is_array()) return add_eos(parts, eos.token_id());
  for (size_t i = 0; i < eos.size(); ++i) add_eos(parts, eos[i].token_id());
}

}  // namespace

void read_config_ids(TokenizerParts& parts, const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path config = fs::path(folder) / "tokenizer_config.json";
  const fs::path generation = fs::path(folder) / "generation_config.json";
  if (fs::exists(config)) read_tokenizer_config(parts, config.string());
  if (fs::exists(generation)) read_generation_config(parts, generation.string());
}

std::vector<AddedToken> parse_added_tokens_decoder(const JsonAt& config) {
  if (!config.has("added_tokens_decoder")) return {};
  const JsonAt list = config["added_tokens_decoder"];
  if (!list.value().is_object()) list.fail("expected an object of ids and tokens");
  std::vector<AddedToken> added;
  for (const auto& [key, value] : list.value().items()) {
    int32_t id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc{} || end != key.data() + key.size() || id < 0 || id >= (1 << 24))
      list.fail("expected keys that are token ids in [0, 2^24), got \"" + key.substr(0, 40) + "\"");
    added.push_back(parse_content(list[key.c_str()]));
    added.back().id = id;
  }
  std::sort(added.begin(), added.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return added;
}

Tokenizer load_tokenizer_json(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path file = fs::is_directory(path) ? fs::path(path) / "tokenizer.json" : fs::path(path);
  TokenizerParts parts = parse_tokenizer_json(read_text_file(file.string()), file.string());
  read_config_ids(parts, file.parent_path().string());
  return Tokenizer(std::move(parts));
}

}  // namespace clinfer::text
