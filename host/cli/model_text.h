#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/io/checkpoint.h"
#include "host/text/tokenizer.h"

namespace clinfer::cli {

/// The tokenizer of a checkpoint (a file of text::load_tokenizer_folder in its folder, or what a GGUF file
/// embeds), or of `override_path`.
text::Tokenizer load_tokenizer(const io::Checkpoint& checkpoint, const std::string& override_path = {});

/// Tokens that end a text: generation_config.json's, else config.json's, and the tokenizer's own.
std::vector<int32_t> end_tokens(const io::Checkpoint& checkpoint, const text::Tokenizer& tokenizer);

}  // namespace clinfer::cli
