#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Causal attention of more than 8 tokens on tensor cores (Hopper), plain or with a window, for heads of up
/// to 192 key and 128 value columns. f16 caches are multiplied as they are, by queries and weights as two
/// halves; other operands, queries and weights go as two bf16 whose sum is within 2^-17 of them, for heads of
/// 64 columns or more, which leave that much room within Attention's limits.
Support supports_attention_mma(const OpContext& context);
Prepared prepare_attention_mma(const OpContext& context);

/// Whether four neighbouring columns of keys, values and shared keys are read from one place.
bool reads_fours(const OpContext& context);

}  // namespace clinfer::kernels
