#pragma once

#include <string>

#include "host/text/tokenizer.h"

namespace clinfer::text {

/// Reads a SentencePiece BPE model, tokenizer.model (the file, or the folder it lies in), and beside it where
/// present tokenizer_config.json (added_tokens_decoder, bos_token, eos_token, add_bos_token, which is true
/// when absent, and add_eos_token) and generation_config.json (eos_token_id). Error(Fault::model) naming the
/// file and what is wrong or unsupported.
Tokenizer load_sentencepiece(const std::string& path);

}  // namespace clinfer::text
