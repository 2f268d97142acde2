#pragma once

#include <cstdint>
#include <span>

#include "quant/format.h"

namespace clinfer::stored {

/// weight_global_scale for NVFP4's tensor scale: the float whose reciprocal is the multiplier, or comes
/// nearest to it (not every float is a reciprocal).
float reciprocal_of(float multiplier);

/// Rounds the tensor scale in every scale row to what comes back from reciprocal_of(), at most an ulp away.
/// So weights encoded at load have the bits of a checkpoint that holds the reciprocal.
void round_tensor_scales(const quant::Format& format, int64_t cols, std::span<uint8_t> scales);

}  // namespace clinfer::stored
