#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// The variants of each op, best first; each is defined in host/kernels/<op>.cpp.
std::span<const Variant> embedding_variants();
std::span<const Variant> quantize_variants();
std::span<const Variant> linear_variants();
std::span<const Variant> head_linear_variants();
std::span<const Variant> expert_linear_variants();
std::span<const Variant> rms_norm_variants();
std::span<const Variant> rope_variants();
std::span<const Variant> slice_variants();
std::span<const Variant> concat_variants();
std::span<const Variant> add_variants();
std::span<const Variant> glu_variants();
std::span<const Variant> layer_norm_variants();
std::span<const Variant> pointwise_variants();
std::span<const Variant> position_scale_variants();
std::span<const Variant> cache_append_variants();
std::span<const Variant> attention_variants();
std::span<const Variant> lightning_indexer_variants();
std::span<const Variant> block_select_variants();
std::span<const Variant> block_compress_variants();
std::span<const Variant> gated_sum_variants();
std::span<const Variant> router_variants();
std::span<const Variant> expert_combine_variants();
std::span<const Variant> select_rows_variants();
std::span<const Variant> causal_conv_variants();
std::span<const Variant> decay_gate_variants();
std::span<const Variant> linear_attention_variants();

}  // namespace clinfer::kernels
