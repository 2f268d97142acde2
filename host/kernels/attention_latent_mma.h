#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Absorbed latent attention (one cache of 512 latents and 64 rotary columns, keys and values of all heads)
/// of at most 8 tokens on tensor cores (Hopper), batch-invariant. f16 and bf16 rows are multiplied as they
/// are, the codes of fp8_e4m3 as bf16 with a scale for each 128 latents behind the products, f32 as two bf16,
/// within 2^-17 of it; queries and weights as two halves (where the rows are bf16: two bf16) each.
Support supports_attention_latent_mma(const OpContext& context);
Prepared prepare_attention_latent_mma(const OpContext& context);

/// Keys of a chunk, a power of two times 128, of which a span of so many keys makes at most 128.
int64_t latent_chunk(int64_t span);

}  // namespace clinfer::kernels
