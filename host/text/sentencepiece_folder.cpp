#include "host/text/sentencepiece_folder.h"

#include <algorithm>
#include <filesystem>

#include "host/text/json_file.h"
#include "host/text/sentencepiece_model.h"
#include "host/text/tokenizer_json.h"

namespace clinfer::text {
namespace {

using Type = SentencePieceModel::Type;

constexpr const char* kPrefixNormalizer = R"J({"type": "Sequence", "normalizers": [
  {"type": "Prepend", "prepend": "\u2581"},
  {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]})J";
constexpr const char* kBareNormalizer =
    R"J({"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"})J";
constexpr const char* kPrefixDecoder = R"J({"type": "Sequence", "decoders": [
  {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"},
  {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})J";
constexpr const char* kBareDecoder = R"J({"type": "Sequence", "decoders": [
  {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"},
  {"type": "Fuse"}]})J";

bool is_merged(const SentencePieceModel::Piece& piece) {
  return piece.type == Type::normal || piece.type == Type::user_defined;
}

// A merge ranks as its result's score does: equal scores are equal ranks.
std::unique_ptr<BpeModel> make_model(const SentencePieceModel& file) {
  Vocabulary vocabulary;
  vocabulary.reserve(file.pieces.size());
  BpeModel::Options options;
  options.fuse_unk = true;
  options.byte_fallback = file.byte_fallback;
  std::vector<const SentencePieceModel::Piece*> order;
  for (const auto& piece : file.pieces) {
    vocabulary.emplace(piece.text, static_cast<int32_t>(vocabulary.size()));
    if (piece.type == Type::unknown) options.unk_token = piece.text;
    if (is_merged(piece)) order.push_back(&piece);
  }
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->score > b->score; });
  auto model = std::make_unique<BpeModel>(std::move(vocabulary), options);
  int32_t rank = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && order[i]->score != order[i - 1]->score) ++rank;
    model->add_merges_into(order[i]->text, rank);
  }
  return model;
}

std::vector<AddedToken> make_added(const SentencePieceModel& file) {
  std::vector<AddedToken> added;
  for (size_t id = 0; id < file.pieces.size(); ++id) {
    const Type type = file.pieces[id].type;
    if (type != Type::unknown && type != Type::control && type != Type::user_defined) continue;
    AddedToken token;
    token.id = static_cast<int32_t>(id);
    token.content = file.pieces[id].text;
    token.special = type != Type::user_defined;
    token.normalized = type == Type::user_defined;
    added.push_back(std::move(token));
  }
  return added;
}

// What tokenizer_config.json says of a token counts before what the model says.
void merge_added(TokenizerParts& parts, const JsonAt& config) {
  for (AddedToken& token : parse_added_tokens_decoder(config)) {
    const auto same = std::find_if(parts.added.begin(), parts.added.end(),
                                   [&](const AddedToken& other) { return other.id == token.id; });
    if (same == parts.added.end()) {
      parts.added.push_back(std::move(token));
    } else if (same->content == token.content) {
      *same = std::move(token);
    } else {
      config["added_tokens_decoder"].fail("id " + std::to_string(token.id) + " is \"" + same->content +
                                          "\" in tokenizer.model");
    }
  }
}

}  // namespace

Tokenizer load_sentencepiece(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path file = fs::is_directory(path) ? fs::path(path) / "tokenizer.model" : fs::path(path);
  const SentencePieceModel model = parse_sentencepiece_model(read_text_file(file.string()), file.string());
  TokenizerParts parts;
  parts.name = file.string();
  parts.model = make_model(model);
  parts.added = make_added(model);
  if (model.bos_id >= 0) parts.bos_id = model.bos_id;
  if (model.eos_id >= 0) parts.eos_ids = {model.eos_id};
  const Json normalizer = Json::parse(model.add_dummy_prefix ? kPrefixNormalizer : kBareNormalizer);
  const Json decoder = Json::parse(model.add_dummy_prefix ? kPrefixDecoder : kBareDecoder);
  parts.normalizer = make_normalizer(JsonAt(normalizer, file.string()));
  parts.decoder = make_token_decoder(JsonAt(decoder, file.string()));
  const std::string name = (file.parent_path() / "tokenizer_config.json").string();
  const Json json = fs::exists(name) ? parse_json(read_text_file(name), name) : Json::object();
  const JsonAt config(json, name);
  merge_added(parts, config);
  read_config_ids(parts, file.parent_path().string());
  if (config.boolean("add_bos_token", true) && parts.bos_id) parts.frame.before = {*parts.bos_id};
  if (config.boolean("add_eos_token", false) && !parts.eos_ids.empty())
    parts.frame.after = {parts.eos_ids[0]};
  return Tokenizer(std::move(parts));
}

}  // namespace clinfer::text
