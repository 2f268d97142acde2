#pragma once

#include <string>

#include "host/io/checkpoint.h"
#include "quant/gptq_awq.h"

namespace clinfer::stored {

/// Checks what config.json's quantization_config says against what is read here: the method, and what would
/// change the numbers without standing in the tensors (online transforms, bits). Throws Error(Fault::model)
/// naming file and key.
void check_quantization(const io::Checkpoint& checkpoint);

/// How 4-bit words lie, by quant_method and checkpoint_format. Throws Error(Fault::model) when the method is
/// neither gptq nor awq, or its bits are not 4.
quant::PackedInt4 packed_int4(const io::Checkpoint& checkpoint);

/// " (quantization_config.quant_method is \"...\")", or "" where the checkpoint has none.
std::string method_hint(const io::Checkpoint& checkpoint);

}  // namespace clinfer::stored
