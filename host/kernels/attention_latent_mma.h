#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Absorbed latent attention (one cache of 512 latents and 64 rotary columns, keys and values of all heads)
/// of at most 8 tokens on tensor cores (Hopper), batch-invariant. f16 and bf16 rows are multiplied as they
/// are, the codes of fp8_e4m3 as bf16 with a scale for each 128 latents behind the products, f32 as two bf16,
/// within 2^-17 of it; queries and weights as two halves (bf16 where the rows are) each. Where operands may
/// be rounded, each is one half or bf16.
Support supports_attention_latent_mma(const OpContext& context);
Prepared prepare_attention_latent_mma(const OpContext& context);

/// Chunks of what a token sees, at most 128: so many that its heads' blocks of 32 are work for every unit
/// once.
int64_t latent_chunks(int64_t heads, int64_t units);

}  // namespace clinfer::kernels
