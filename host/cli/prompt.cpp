#include "host/cli/prompt.h"

#include <fmt/format.h>

#include <filesystem>

#include "graph/models/models.h"
#include "host/cli/plain_content.h"
#include "host/io/gguf_metadata.h"
#include "host/text/chat_template.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

/// The text of the token whose id stands under `key`; "" when there is none.
std::string token_of(const io::GgufMetadata& metadata, const char* key) {
  if (!metadata.has(key)) return {};
  const io::GgufValue::Strings& tokens = metadata.strings("tokenizer.ggml.tokens");
  return tokens.at(static_cast<size_t>(metadata.integer(key, 0, static_cast<int64_t>(tokens.size()) - 1)));
}

text::ChatTemplate load_template(const io::Checkpoint& checkpoint) {
  const io::GgufMetadata* metadata = io::gguf_metadata(checkpoint);
  if (metadata == nullptr)
    return text::load_chat_template(std::filesystem::path(checkpoint.config().file()).parent_path().string());
  if (!metadata->has("tokenizer.chat_template")) {
    throw Error(Fault::model,
                metadata->file() + ": the model has no chat template; give a prompt instead of messages");
  }
  return {metadata->string("tokenizer.chat_template"), metadata->file(),
          token_of(*metadata, "tokenizer.ggml.bos_token_id"),
          token_of(*metadata, "tokenizer.ggml.eos_token_id")};
}

}  // namespace

std::vector<config::Message> conversation(const config::RunConfig& config) {
  std::vector<config::Message> messages;
  if (!config.system.empty()) messages.push_back({"system", config.system});
  messages.insert(messages.end(), config.messages.begin(), config.messages.end());
  return messages;
}

ChatPrompt::ChatPrompt(const io::Checkpoint& checkpoint, const text::Tokenizer& tokenizer)
    : template_(load_template(checkpoint)), tokenizer_(tokenizer) {}

std::vector<int32_t> ChatPrompt::ids(const std::vector<config::Message>& messages) const {
  std::vector<text::Message> list;
  for (const config::Message& m : messages) list.push_back({m.role, m.content});
  const PlainContent content(tokenizer_, list);
  return content.encode(template_.render(list, true));
}

std::vector<int32_t> prompt_ids(const config::RunConfig& config, const io::Checkpoint& checkpoint,
                                const text::Tokenizer& tokenizer) {
  const std::vector<config::Message> messages = conversation(config);
  if (!messages.empty()) return ChatPrompt(checkpoint, tokenizer).ids(messages);
  return tokenizer.encode(config.prompt, {.add_special = true});
}

int64_t context_of(const config::RunConfig& config, const io::Checkpoint& checkpoint) {
  return config.kv_cache.max_context > 0 ? config.kv_cache.max_context
                                         : graph::build_model(checkpoint.config()).max_positions;
}

void check_length(const char* what, size_t tokens, int64_t most) {
  if (static_cast<int64_t>(tokens) <= most) return;
  throw Error(Fault::usage, fmt::format("context_length_exceeded: {} has {} tokens, the context holds {}",
                                        what, tokens, most));
}

}  // namespace clinfer::cli
