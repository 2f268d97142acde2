#pragma once

#include "cl_kernels/args/attention_args.h"
#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Attention of at most 8 tokens on tensor cores (Hopper), batch-invariant, for heads of up to 128 columns in
/// f32, f16, bf16 or fp8_e4m3 caches, rings too. f16, bf16 and fp8_e4m3 are multiplied as they are, queries
/// and weights as two halves (bf16: as two bf16, within 2^-17 of them, for heads of 64 columns or more); f32
/// goes as two bf16 too.
Support supports_attention_decode_mma(const OpContext& context);
Prepared prepare_attention_decode_mma(const OpContext& context);

/// Keys of a chunk, a power of two times `least`, of which a span of so many keys makes at most 512.
int64_t decode_chunk(int64_t span, int64_t least);

/// For variants that cut the context into chunks of args.tile keys, or what a token sees into args.tiles
/// chunks where that is not 0, and leave their parts in scratch memory (cl_kernels/nvidia/decode_part.clh):
/// the args of a call, what joins the parts, and how large they are.
AttentionArgs decode_args(AttentionArgs args, const graph::Sizes& sizes);
Launch decode_join_launch(const OpContext& context, const AttentionArgs& args);
int64_t decode_scratch_bytes(const OpContext& context, const AttentionArgs& args);

}  // namespace clinfer::kernels
