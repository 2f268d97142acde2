#pragma once

#include <string>
#include <vector>

#include "host/io/gguf_writer.h"
#include "host/quantize/folder_checkpoint.h"

namespace clinfer::quantize {

/// What a GGUF file needs beside the tensors of its source.
struct GgufPlan {
  io::GgufPairs pairs;  ///< all but general.file_type and general.quantization_version
  bool permuted_heads =
      false;          ///< q and k get their rows in rotating pairs (graph/models/gguf_architecture.h)
  int64_t heads = 0;  ///< rows of q and k are as many heads' (only with permuted_heads)
  int64_t kv_heads = 0;
  std::vector<float> rope_factors;  ///< rope_freqs.weight; empty: none
};

/// Writes one GGUF file, tensor by tensor. From a Hugging Face checkpoint tensors get their names there,
/// vectors become f32 and scales disappear; of a GGUF file everything that no rule speaks of stays as it is.
/// `out` appears whole or not at all. Throws Error(Fault::usage) naming the tensor that has no name or whose
/// format has no type in GGUF, with those that have; Error(Fault::run) for I/O faults and a full disk.
WrittenSummary write_gguf(const io::Checkpoint& checkpoint, const GgufPlan& plan, const Rules& rules,
                          const Roles& roles, const std::string& out, const WriteProgress& progress);

}  // namespace clinfer::quantize
