#include "graph/models/gguf_reading.h"

#include <span>
#include <string>
#include <utility>

#include "graph/models/gguf_families.h"

namespace clinfer::graph {
namespace {

using Rename = std::pair<std::string_view, std::string_view>;

/// Parts of classes' names, and those of the one set that GGUF tensors get.
constexpr Rename kParts[] = {
    {"transformer.h.", "model.layers."},
    {"transformer.wte.", "model.embed_tokens."},
    {"transformer.wpe.", "model.embed_positions."},
    {"transformer.ln_f.", "model.norm."},
    {"model.final_layernorm.", "model.norm."},
    {".ln_1.", ".input_layernorm."},
    {".ln_2.", ".post_attention_layernorm."},
    {".attn.c_attn.", ".self_attn.qkv_proj."},
    {".attn.c_proj.", ".self_attn.o_proj."},
    {".self_attn.dense.", ".self_attn.o_proj."},
    {".query_layernorm.", ".q_norm."},
    {".key_layernorm.", ".k_norm."},
    {".mlp.c_fc.", ".mlp.up_proj."},
    {".mlp.c_proj.", ".mlp.down_proj."},
    {".mlp.fc1.", ".mlp.up_proj."},
    {".mlp.fc2.", ".mlp.down_proj."},
    {".mlp.gate_up_proj.", ".mlp.up_proj."},
    {".block_sparse_moe.", ".mlp."},
    {".mlp.gate.wg.", ".mlp.gate."},
    {".mlp.router.layer.", ".mlp.gate."},
    {".mlp.shared_mlp.", ".mlp.shared_experts."},
    {".mlp.shared_expert.", ".mlp.shared_experts."},
    {".mlp.moe_statics.", ".mlp.gate."},
    {".mlp.e_score_correction_bias", ".mlp.gate.e_score_correction_bias"},
    {".experts.w1.", ".experts.gate_proj."},
    {".experts.w3.", ".experts.up_proj."},
    {".experts.w2.", ".experts.down_proj."},
};

/// The first of a list that is in a name replaces it: the lists are not to be walked twice.
std::span<const Rename> norm_names(GgufNorms norms) {
  static constexpr Rename kLate[] = {{".post_attention_layernorm.", ".post_attention_norm."}};
  static constexpr Rename kBehind[] = {{".post_attention_layernorm.", ".post_attention_norm."},
                                       {".post_feedforward_layernorm.", ".post_ffw_norm."},
                                       {".pre_feedforward_layernorm.", ".post_attention_layernorm."}};
  static constexpr Rename kFour[] = {{".post_self_attn_layernorm.", ".post_attention_norm."},
                                     {".post_mlp_layernorm.", ".post_ffw_norm."}};
  switch (norms) {
    case GgufNorms::late:
      return kLate;
    case GgufNorms::behind:
    case GgufNorms::sandwich:
      return kBehind;
    case GgufNorms::four:
      return kFour;
    default:
      return {};
  }
}

/// True when it replaced something.
bool replace(std::string& name, const Rename& rename) {
  const size_t at = name.find(rename.first);
  if (at == std::string::npos) return false;
  name.replace(at, rename.first.size(), rename.second);
  return true;
}

/// "...experts.7.up_proj.weight" -> "...experts.up_proj.weight".
void drop_expert(std::string& name) {
  const std::string_view part = ".experts.";
  const size_t at = name.find(part);
  if (at == std::string::npos) return;
  const size_t number = at + part.size();
  const size_t end = name.find_first_not_of("0123456789", number);
  if (end != number && end != std::string::npos && name[end] == '.') name.erase(number, end + 1 - number);
}

std::string gguf_role_name(std::string name, GgufNorms norms) {
  drop_expert(name);
  for (const Rename& rename : norm_names(norms)) {
    if (replace(name, rename)) return name;
  }
  for (const Rename& rename : kParts) replace(name, rename);
  return name;
}

void read_as_gguf(Graph& graph, const GgufFamily& family) {
  for (Value& value : graph.values) {
    auto* weight = std::get_if<Weight>(&value.source);
    if (weight == nullptr) continue;
    weight->tensors.resize(1);  // the stack of all experts
    weight->tensors.front() = gguf_role_name(weight->tensors.front(), family.norms);
  }
  for (Node& node : graph.nodes) {
    auto* rope = std::get_if<Rope>(&node.op);
    if (rope != nullptr && family.pairs) rope->pairing = RopePairing::interleaved;
    auto* norm = std::get_if<RmsNorm>(&node.op);
    if (norm != nullptr && family.added) norm->unit_offset = false;
  }
}

}  // namespace

Meta config_of_gguf(const Meta& config) {
  const GgufFamily* family = find_gguf_family(config);
  return family == nullptr ? config : keys_of(*family, config);
}

void read_as_gguf(Model& model, const Meta& gguf_config) {
  const GgufFamily* family = find_gguf_family(gguf_config);
  if (family == nullptr) return;
  read_as_gguf(model.main, *family);
  if (model.draft) read_as_gguf(*model.draft, *family);
}

}  // namespace clinfer::graph
