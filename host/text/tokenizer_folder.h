#pragma once

#include <string>

#include "host/text/tokenizer.h"

namespace clinfer::text {

/// The tokenizer of a model's folder: tokenizer.json where it is there, else tiktoken.model, else
/// SentencePiece's tokenizer.model. `path` may also be one of these files. Error(Fault::model) naming the
/// files that were looked for, or the fault in the one found.
Tokenizer load_tokenizer_folder(const std::string& path);

}  // namespace clinfer::text
