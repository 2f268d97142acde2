#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Causal attention of more than 8 tokens by wgmma (Hopper) over packed keys and values, for heads of up to
/// 192 key and 128 value columns, with windows, chunks, rings, soft cap and sinks. f16 and bf16 caches are
/// multiplied as they are, others as two bf16 each, for heads of 64 columns or more; queries and weights are
/// two halves (or bf16). Where operands may be rounded, each is one bf16 (beside f16 caches a half).
Support supports_attention_wgmma(const OpContext& context);
Prepared prepare_attention_wgmma(const OpContext& context);

/// Bytes of packed keys and values of `kv_heads` heads of `key_cols` (a multiple of 64) columns over a
/// context, in `parts` 16-bit parts (cl_kernels/nvidia/attention_blocks.clh).
int64_t packed_attention_bytes(int64_t kv_heads, int64_t key_cols, int64_t context, int64_t parts);

}  // namespace clinfer::kernels
