#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/config/run_config.h"
#include "host/io/checkpoint.h"
#include "host/text/tokenizer.h"

namespace clinfer::cli {

/// The conversation of a run: its system message, then its messages.
std::vector<config::Message> conversation(const config::RunConfig& config);

/// Token ids of a conversation put through the model's chat template, ready for the assistant's answer.
/// Throws Error(Fault::usage) when the model has no template.
std::vector<int32_t> chat_ids(const std::vector<config::Message>& messages, const io::Checkpoint& checkpoint,
                              const text::Tokenizer& tokenizer);

/// Token ids of a run's prompt, or of its conversation when it has messages.
std::vector<int32_t> prompt_ids(const config::RunConfig& config, const io::Checkpoint& checkpoint,
                                const text::Tokenizer& tokenizer);

}  // namespace clinfer::cli
