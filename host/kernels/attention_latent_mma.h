#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Absorbed latent attention (one f16 or bf16 cache of 512 latents and 64 rotary columns, keys and values of
/// all heads) of at most 8 tokens on tensor cores (Hopper), batch-invariant. Queries and weights are
/// multiplied as two halves (bf16: two bf16) each.
Support supports_attention_latent_mma(const OpContext& context);
Prepared prepare_attention_latent_mma(const OpContext& context);

/// Keys of a chunk, a power of two times 128, of which a span of so many keys makes at most 128.
int64_t latent_chunk(int64_t span);

}  // namespace clinfer::kernels
