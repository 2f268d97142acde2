#include "host/cli/model_text.h"

#include <algorithm>
#include <filesystem>

#include "host/io/gguf_metadata.h"
#include "host/text/gguf_vocab.h"
#include "host/text/tokenizer_folder.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

constexpr int64_t kMaxId = int64_t{1} << 24;

std::optional<int32_t> id_of(const io::GgufMetadata& metadata, const char* key) {
  if (!metadata.has(key)) return std::nullopt;
  return static_cast<int32_t>(metadata.integer(key, 0, kMaxId));
}

text::GgufVocab read_vocab(const io::GgufMetadata& metadata) {
  text::GgufVocab vocab;
  vocab.name = metadata.file();
  vocab.model = metadata.string("tokenizer.ggml.model");
  vocab.pre = metadata.string_or("tokenizer.ggml.pre", "default");
  vocab.tokens = metadata.strings("tokenizer.ggml.tokens");
  if (metadata.has("tokenizer.ggml.merges")) vocab.merges = metadata.strings("tokenizer.ggml.merges");
  if (metadata.has("tokenizer.ggml.token_type")) {
    for (int64_t type : metadata.integers("tokenizer.ggml.token_type"))
      vocab.token_types.push_back(static_cast<int32_t>(type));
  }
  vocab.bos_id = id_of(metadata, "tokenizer.ggml.bos_token_id");
  vocab.eos_id = id_of(metadata, "tokenizer.ggml.eos_token_id");
  vocab.eot_id = id_of(metadata, "tokenizer.ggml.eot_token_id");
  vocab.unk_id = id_of(metadata, "tokenizer.ggml.unknown_token_id");
  vocab.add_bos = metadata.boolean_or("tokenizer.ggml.add_bos_token", false);
  vocab.add_eos = metadata.boolean_or("tokenizer.ggml.add_eos_token", false);
  vocab.chat_template = metadata.string_or("tokenizer.chat_template", "");
  return vocab;
}

void append_ids(const graph::Meta& meta, std::vector<int32_t>& ids) {
  if (!meta.has("eos_token_id")) return;
  for (int64_t id : meta.integers("eos_token_id")) {
    if (id >= 0 && id < kMaxId) ids.push_back(static_cast<int32_t>(id));
  }
}

}  // namespace

text::Tokenizer load_tokenizer(const io::Checkpoint& checkpoint, const std::string& override_path) {
  if (!override_path.empty()) return text::load_tokenizer_folder(override_path);
  if (const io::GgufMetadata* metadata = io::gguf_metadata(checkpoint))
    return text::load_gguf_vocab(read_vocab(*metadata));
  return text::load_tokenizer_folder(
      std::filesystem::path(checkpoint.config().file()).parent_path().string());
}

std::vector<int32_t> end_tokens(const io::Checkpoint& checkpoint, const text::Tokenizer& tokenizer) {
  std::vector<int32_t> ids = tokenizer.eos_ids();
  append_ids(checkpoint.generation_config().has("eos_token_id") ? checkpoint.generation_config()
                                                                : checkpoint.config(),
             ids);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace clinfer::cli
