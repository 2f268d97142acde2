#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Attention by work-items whose vectors are query rows that share a kv head (CPUs): of many tokens.
Support supports_attention_tile_vector(const OpContext& context);
Prepared prepare_attention_tile_vector(const OpContext& context);

/// The same with products in AMX tiles of x86 (include/attention_rows_amx.clh): queries and weights in two
/// parts of bf16, keys and values too unless bf16 holds them.
Support supports_attention_tile_amx(const OpContext& context);
Prepared prepare_attention_tile_amx(const OpContext& context);

/// The same of up to 8 tokens, by chunks of the context as attention/decode_split: for 9 heads or more that
/// share a kv head, as those of a latent cache do, where keys and values are codes. Batch-invariant.
Support supports_attention_split_vector(const OpContext& context);
Prepared prepare_attention_split_vector(const OpContext& context);

}  // namespace clinfer::kernels
