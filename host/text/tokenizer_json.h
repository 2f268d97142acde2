#pragma once

#include <string>

#include "host/text/tokenizer.h"

namespace clinfer::text {

/// Reads a Hugging Face tokenizer.json (the file, or the folder it lies in) and, beside it where present,
/// tokenizer_config.json (bos_token, eos_token) and generation_config.json (eos_token_id).
/// Error(Fault::model) naming file and key when something is wrong or of an unsupported kind.
Tokenizer load_tokenizer_json(const std::string& path);

/// The same from JSON text; `name` stands for the file in errors.
TokenizerParts parse_tokenizer_json(const std::string& text, const std::string& name);

/// Sets the ids that tokenizer_config.json (bos_token, eos_token) and generation_config.json (eos_token_id)
/// in `folder` name, each where present. The tokens of `parts` are complete before.
void read_config_ids(TokenizerParts& parts, const std::string& folder);

/// tokenizer_config.json's added_tokens_decoder ({"id": {"content": ..., "special": ...}}), by id; empty when
/// the key is absent. Error(Fault::model) for a key that is no id.
std::vector<AddedToken> parse_added_tokens_decoder(const JsonAt& config);

/// A special token of a config file: a string, or an object with "content"; "" when the key is absent or
/// null.
std::string parse_config_token(const JsonAt& config, const char* key);

}  // namespace clinfer::text
