#include <charconv>

#include "host/io/gguf_names.h"

namespace clinfer::io {
namespace {

struct NamePair {
  std::string_view stored;
  std::string_view name;
};

/// Whole-model tensors, without ".weight" or ".bias".
constexpr NamePair kModelTensors[] = {
    {"token_embd", "model.embed_tokens"},
    {"position_embd", "model.embed_positions"},
    {"output_norm", "model.norm"},
    {"output", "lm_head"},
};

/// Tensors of one layer: "blk.N.<stored>" -> "model.layers.N.<name>".
constexpr NamePair kLayerTensors[] = {
    {"attn_norm", "input_layernorm"},
    {"ffn_norm", "post_attention_layernorm"},
    // Families call these by names that mean something else in others: graph/models/gguf_names.h.
    {"post_attention_norm", "post_attention_norm"},
    {"post_ffw_norm", "post_ffw_norm"},
    {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},
    {"attn_v", "self_attn.v_proj"},
    {"attn_qkv", "self_attn.qkv_proj"},
    {"attn_output", "self_attn.o_proj"},
    {"attn_q_norm", "self_attn.q_norm"},
    {"attn_k_norm", "self_attn.k_norm"},
    {"attn_sinks", "self_attn.sinks"},
    {"attn_q_a", "self_attn.q_a_proj"},
    {"attn_q_a_norm", "self_attn.q_a_layernorm"},
    {"attn_q_b", "self_attn.q_b_proj"},
    {"attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa"},
    {"attn_kv_a_norm", "self_attn.kv_a_layernorm"},
    {"attn_kv_b", "self_attn.kv_b_proj"},
    // kv_b split by newer converters: k_b [heads, kv_lora_rank, nope] (transposed), v_b [heads, v,
    // kv_lora_rank].
    {"attn_k_b", "self_attn.k_b_proj"},
    {"attn_v_b", "self_attn.v_b_proj"},
    {"ffn_gate", "mlp.gate_proj"},
    {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
    {"ffn_gate_inp", "mlp.gate"},
    // All experts of a layer stacked, experts outermost.
    {"ffn_gate_exps", "mlp.experts.gate_proj"},
    {"ffn_up_exps", "mlp.experts.up_proj"},
    {"ffn_down_exps", "mlp.experts.down_proj"},
    {"ffn_gate_shexp", "mlp.shared_experts.gate_proj"},
    {"ffn_up_shexp", "mlp.shared_experts.up_proj"},
    {"ffn_down_shexp", "mlp.shared_experts.down_proj"},
    {"ffn_gate_inp_shexp", "mlp.shared_expert_gate"},
    // Multi-token prediction.
    {"nextn.eh_proj", "eh_proj"},
    {"nextn.enorm", "enorm"},
    {"nextn.hnorm", "hnorm"},
    {"nextn.embed_tokens", "embed_tokens"},
    {"nextn.shared_head_head", "shared_head.head"},
    {"nextn.shared_head_norm", "shared_head.norm"},
};

template <size_t size>
const NamePair* find_pair(const NamePair (&table)[size], std::string_view stored) {
  for (const NamePair& pair : table) {
    if (pair.stored == stored) return &pair;
  }
  return nullptr;
}

/// The name of "blk.N.<rest>", or empty when it has none.
std::string layer_tensor_name(std::string_view stored_name) {
  constexpr std::string_view kPrefix = "blk.";
  if (!stored_name.starts_with(kPrefix)) return {};
  stored_name.remove_prefix(kPrefix.size());
  unsigned layer = 0;
  const auto [end, error] =
      std::from_chars(stored_name.data(), stored_name.data() + stored_name.size(), layer);
  const auto digits = static_cast<size_t>(end - stored_name.data());
  if (error != std::errc() || digits == stored_name.size() || *end != '.') return {};
  const std::string prefix = "model.layers." + std::to_string(layer) + ".";
  const std::string_view rest = stored_name.substr(digits + 1);
  // The router's selection bias is a tensor of its own, not the bias of a projection.
  if (rest == "exp_probs_b.bias" || rest == "exp_probs_b") return prefix + "mlp.gate.e_score_correction_bias";
  const size_t dot = rest.rfind('.');
  if (dot == std::string_view::npos) return {};
  const NamePair* pair = find_pair(kLayerTensors, rest.substr(0, dot));
  return pair == nullptr ? std::string() : prefix + std::string(pair->name) + std::string(rest.substr(dot));
}

}  // namespace

std::string hugging_face_tensor_name(std::string_view stored_name) {
  std::string in_layer = layer_tensor_name(stored_name);
  if (!in_layer.empty()) return in_layer;
  const size_t dot = stored_name.rfind('.');
  const NamePair* pair =
      dot == std::string_view::npos ? nullptr : find_pair(kModelTensors, stored_name.substr(0, dot));
  if (pair == nullptr) return std::string(stored_name);
  return std::string(pair->name) + std::string(stored_name.substr(dot));
}

std::string gguf_tensor_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  for (const NamePair& pair : kModelTensors) {
    if (pair.name == name.substr(0, dot)) return std::string(pair.stored) + std::string(name.substr(dot));
  }
  constexpr std::string_view kPrefix = "model.layers.";
  if (!name.starts_with(kPrefix)) return {};
  const size_t end = name.find('.', kPrefix.size());
  if (end == std::string_view::npos || end >= dot) return {};
  const std::string_view layer = name.substr(kPrefix.size(), end - kPrefix.size());
  for (const NamePair& pair : kLayerTensors) {
    if (pair.name == name.substr(end + 1, dot - end - 1))
      return "blk." + std::string(layer) + "." + std::string(pair.stored) + std::string(name.substr(dot));
  }
  return {};
}

}  // namespace clinfer::io
