#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

using Variants = std::span<const Variant>;

Variants list(const graph::Embedding&) {
  return embedding_variants();
}
Variants list(const graph::Quantize&) {
  return quantize_variants();
}
Variants list(const graph::Linear&) {
  return linear_variants();
}
Variants list(const graph::HeadLinear&) {
  return head_linear_variants();
}
Variants list(const graph::ExpertLinear&) {
  return expert_linear_variants();
}

// Elementwise ops, attention and routing.
Variants list(const graph::RmsNorm&) {
  return rms_norm_variants();
}
Variants list(const graph::LayerNorm&) {
  return layer_norm_variants();
}
Variants list(const graph::Pointwise&) {
  return pointwise_variants();
}
Variants list(const graph::PositionScale&) {
  return position_scale_variants();
}
Variants list(const graph::Rope&) {
  return rope_variants();
}
Variants list(const graph::Slice&) {
  return slice_variants();
}
Variants list(const graph::Concat&) {
  return concat_variants();
}
Variants list(const graph::Add&) {
  return add_variants();
}
Variants list(const graph::Glu&) {
  return glu_variants();
}
Variants list(const graph::CacheAppend&) {
  return cache_append_variants();
}
Variants list(const graph::Attention&) {
  return attention_variants();
}
Variants list(const graph::LightningIndexer&) {
  return lightning_indexer_variants();
}
Variants list(const graph::BlockSelect&) {
  return block_select_variants();
}
Variants list(const graph::BlockCompress&) {
  return block_compress_variants();
}
Variants list(const graph::GatedSum&) {
  return gated_sum_variants();
}
Variants list(const graph::Router&) {
  return router_variants();
}
Variants list(const graph::ExpertCombine&) {
  return expert_combine_variants();
}
Variants list(const graph::SelectRows&) {
  return select_rows_variants();
}

// Recurrent layers.
Variants list(const graph::CausalConv&) {
  return causal_conv_variants();
}
Variants list(const graph::DecayGate&) {
  return decay_gate_variants();
}
Variants list(const graph::LinearAttention&) {
  return linear_attention_variants();
}

// Expanded by a pass, and done by the executor.
Variants list(const graph::LatentAttention&) {
  return {};
}
Variants list(const graph::Copy&) {
  return {};
}

}  // namespace

std::span<const Variant> variants_of(const graph::Op& op) {
  return std::visit([](const auto& o) { return list(o); }, op);
}

}  // namespace clinfer::kernels
