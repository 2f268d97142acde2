#pragma once

#include <cstdint>
#include <string>

#include "host/text/gguf_vocab.h"

namespace clinfer::text {

/// The tokenizer.ggml.* metadata that say the same as a Hugging Face folder's tokenizer.json and what lies
/// beside it: `vocab_size` tokens, ids that the tokenizer has no token for as unused [PADn].
/// Error(Fault::model) naming file and key where GGUF has no counterpart: models other than byte-level BPE,
/// pre-tokenizers that no name in gguf_vocab.cpp stands for.
GgufVocab gguf_vocab_from_json(const std::string& folder, int64_t vocab_size);

}  // namespace clinfer::text
