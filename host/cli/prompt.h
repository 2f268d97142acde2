#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/config/run_config.h"
#include "host/io/checkpoint.h"
#include "host/text/chat_template.h"
#include "host/text/tokenizer.h"

namespace clinfer::cli {

/// The conversation of a run: its system message, then its messages.
std::vector<config::Message> conversation(const config::RunConfig& config);

/// A model's chat template and tokenizer.
class ChatPrompt {
 public:
  /// Throws Error(Fault::model) when the model has no template. The tokenizer must outlive it.
  ChatPrompt(const io::Checkpoint& checkpoint, const text::Tokenizer& tokenizer);

  /// Ids of a conversation, ready for the assistant's answer. Special tokens that stand in a message's text
  /// are plain text (see PlainContent).
  std::vector<int32_t> ids(const std::vector<config::Message>& messages) const;

 private:
  text::ChatTemplate template_;
  const text::Tokenizer& tokenizer_;
};

/// Token ids of a run's prompt, or of its conversation when it has messages. A prompt is the model's raw
/// input: special tokens written in it count as such, and those that begin a text are added.
std::vector<int32_t> prompt_ids(const config::RunConfig& config, const io::Checkpoint& checkpoint,
                                const text::Tokenizer& tokenizer);

/// Tokens that a run's context holds: kv_cache.max_context, or what the model was made for.
int64_t context_of(const config::RunConfig& config, const io::Checkpoint& checkpoint);

/// Throws Error(Fault::usage), context_length_exceeded, when `tokens` of `what` are more than `most`.
void check_length(const char* what, size_t tokens, int64_t most);

}  // namespace clinfer::cli
