#pragma once

#include <string>

#include "host/text/tokenizer.h"

namespace clinfer::text {

/// Reads a tiktoken.model (the file, or the folder it lies in) with the special tokens that
/// tokenizer_config.json beside it names in added_tokens_decoder; the 256 ids behind the ranks that it does
/// not name are "<|reserved_token_ID|>". The split expression stands in no file: it is the one that was
/// published with tokenizer_class TikTokenTokenizer, and any other class is refused. No token is put before a
/// text. Error(Fault::model) naming the file and the line or key.
Tokenizer load_tiktoken(const std::string& path);

}  // namespace clinfer::text
