#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/text/json_file.h"
#include "host/text/tokenizer.h"

namespace clinfer::text {

/// The tokenizer.ggml.* metadata of a GGUF file, under their names there.
struct GgufVocab {
  std::string name;                 ///< the file, for error messages
  std::string model;                ///< "gpt2": byte-level BPE
  std::string pre;                  ///< names the pre-tokenizer: "smollm", "llama-bpe", "qwen2", ...
  std::vector<std::string> tokens;  ///< by id
  std::vector<int32_t>
      token_types;  ///< by id, or empty: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
  std::vector<std::string> merges;  ///< "left right", best first
  std::optional<int32_t> bos_id, eos_id, eot_id, unk_id;
  bool add_bos = false;
  bool add_eos = false;
  std::string chat_template;  ///< "" when there is none
};

/// Error(Fault::model) naming file and key: kinds other than "gpt2", unknown pre-tokenizers, merges of
/// missing tokens, duplicate tokens, ids out of range.
Tokenizer load_gguf_vocab(const GgufVocab& vocab);

/// The name in tokenizer.ggml.pre for a tokenizer.json that splits text the same way. Error(Fault::model)
/// naming the file when it is no byte-level BPE or splits in a way that has no name here.
std::string gguf_pre_tokenizer(const JsonAt& tokenizer);

}  // namespace clinfer::text
