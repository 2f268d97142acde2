#include "host/text/gguf_vocab_from_json.h"

#include <filesystem>

#include "host/text/chat_template.h"
#include "host/text/json_file.h"
#include "host/text/tokenizer_json.h"
#include "quant/error.h"

namespace clinfer::text {
namespace {

constexpr int32_t kNormal = 1;
constexpr int32_t kControl = 3;
constexpr int32_t kUserDefined = 4;
constexpr int32_t kUnused = 5;

void fill_tokens(const Tokenizer& tokenizer, const JsonAt& json, int64_t vocab_size, GgufVocab& vocab) {
  if (tokenizer.vocab_size() > vocab_size)
    json.fail("at most " + std::to_string(vocab_size) + " tokens, as config.json's vocab_size says");
  for (int32_t id = 0; id < vocab_size; ++id) {
    const std::string* text = id < tokenizer.vocab_size() ? tokenizer.token_text(id) : nullptr;
    vocab.tokens.push_back(text == nullptr ? "[PAD" + std::to_string(id) + "]" : *text);
    vocab.token_types.push_back(text == nullptr ? kUnused : kNormal);
  }
  if (!json.has("added_tokens")) return;
  const JsonAt added = json["added_tokens"];
  for (size_t i = 0; i < added.size(); ++i) {
    const auto id = static_cast<size_t>(added[i]["id"].token_id());
    vocab.token_types.at(id) = added[i].boolean("special", false) ? kControl : kUserDefined;
  }
}

void fill_merges(const JsonAt& merges, GgufVocab& vocab) {
  for (size_t i = 0; i < merges.size(); ++i) {
    const bool pair = merges[i].value().is_array();
    vocab.merges.push_back(pair ? merges[i][size_t{0}].string() + " " + merges[i][size_t{1}].string()
                                : merges[i].string());
  }
}

/// The template's text; "" when the folder has none.
std::string template_text(const std::string& folder) {
  namespace fs = std::filesystem;
  const fs::path own = fs::path(folder) / "chat_template.jinja";
  if (fs::exists(own)) return read_text_file(own.string());
  const fs::path path = fs::path(folder) / "tokenizer_config.json";
  if (!fs::exists(path)) return "";
  const Json json = parse_json(read_text_file(path.string()), path.string());
  const JsonAt config(json, path.string());
  if (!config.has("chat_template")) return "";
  const JsonAt found = config["chat_template"];
  if (!found.value().is_array()) return found.string();
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i]["name"].string() == "default") return found[i]["template"].string();
  }
  return "";
}

/// What the tokenizer puts round an empty text: a first token, and the end of text behind.
void fill_frame(const Tokenizer& tokenizer, GgufVocab& vocab) {
  vocab.bos_id = tokenizer.bos_id();
  const std::vector<int32_t> frame = tokenizer.encode("", {.add_special = true});
  if (!tokenizer.eos_ids().empty()) vocab.eos_id = tokenizer.eos_ids().front();
  if (tokenizer.eos_ids().size() > 1) vocab.eot_id = tokenizer.eos_ids()[1];
  if (frame.empty()) return;
  vocab.add_eos = vocab.eos_id && frame.back() == *vocab.eos_id;
  if (vocab.add_eos && frame.size() == 1) return;
  vocab.bos_id = frame.front();
  vocab.add_bos = true;
}

}  // namespace

GgufVocab gguf_vocab_from_json(const std::string& folder, int64_t vocab_size) {
  const std::string path = (std::filesystem::path(folder) / "tokenizer.json").string();
  const Json text = parse_json(read_text_file(path), path);
  const JsonAt json(text, path);
  const Tokenizer tokenizer = load_tokenizer_json(folder);
  GgufVocab vocab;
  vocab.name = path;
  vocab.model = "gpt2";
  vocab.pre = gguf_pre_tokenizer(json);
  fill_tokens(tokenizer, json, vocab_size, vocab);
  fill_merges(json["model"]["merges"], vocab);
  fill_frame(tokenizer, vocab);
  vocab.chat_template = template_text(folder);
  return vocab;
}

}  // namespace clinfer::text
