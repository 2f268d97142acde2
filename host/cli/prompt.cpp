#include "host/cli/prompt.h"

#include "quant/error.h"

namespace clinfer::cli {

std::vector<config::Message> conversation(const config::RunConfig& config) {
  std::vector<config::Message> messages;
  if (!config.system.empty()) messages.push_back({"system", config.system});
  messages.insert(messages.end(), config.messages.begin(), config.messages.end());
  return messages;
}

std::vector<int32_t> chat_ids(const std::vector<config::Message>&, const io::Checkpoint& checkpoint, const text::Tokenizer&) {
  throw Error(Fault::usage, checkpoint.config().file() + ": the model has no chat template; give a prompt instead of messages");
}

std::vector<int32_t> prompt_ids(const config::RunConfig& config, const io::Checkpoint& checkpoint, const text::Tokenizer& tokenizer) {
  const std::vector<config::Message> messages = conversation(config);
  if (!messages.empty()) return chat_ids(messages, checkpoint, tokenizer);
  return tokenizer.encode(config.prompt, {.add_special = true});
}

}  // namespace clinfer::cli
