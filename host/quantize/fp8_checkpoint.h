#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "host/io/checkpoint.h"
#include "host/quantize/rules.h"

namespace clinfer::quantize {

struct Fp8Summary {
  int64_t encoded = 0;  ///< matrices
  int64_t kept = 0;     ///< tensors as they were
  int64_t shards = 0;
  uint64_t bytes = 0;  ///< of all tensors
};

/// Writes a Hugging Face folder with block-scaled FP8 weights, the layout of transformers' FineGrainedFP8
/// and of DeepSeek-V3: a matrix X.weight that the rules choose becomes X.weight F8_E4M3 and
/// X.weight_scale_inv F32 [ceil(rows / 128), ceil(cols / 128)], a multiplier; config.json gains
/// quantization_config; other tensors and the folder's other files are copied. Tensor by tensor, so memory is
/// that of a band of rows.
///
/// `folder` is the checkpoint's, `out` an existing folder, a shard has at most `shard_bytes` of tensors (or
/// one tensor). `progress` gets bytes read and in all; it may throw to stop.
/// Throws Error(Fault::usage) naming the tensor where the layout has no place for what the rules say: another
/// format than fp8_e4m3_128x128, the embedding, the head or a router, a tensor that is no matrix of f32, f16
/// or bf16 named *.weight; and Error(Fault::run) for I/O faults.
Fp8Summary write_fp8_checkpoint(const io::Checkpoint& checkpoint, const std::string& folder,
                                const Rules& rules, const std::string& out, uint64_t shard_bytes,
                                const std::function<void(int64_t done, int64_t total)>& progress);

}  // namespace clinfer::quantize
