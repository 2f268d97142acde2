#include "graph/models/gguf_families.h"

#include <algorithm>
#include <string>
#include <utility>

#include "graph/models/limits.h"

namespace clinfer::graph {

using Object = MetaValue::Object;

/// The keys of a file on their way to those of a class.
class GgufKeys {
 public:
  explicit GgufKeys(const Meta& config) : config_(config), values_(config.values()) {}

  bool has(const std::string& key) const { return config_.has(key); }
  bool has_tensor(const std::string& name) const { return config_.has("gguf.has." + name); }
  double number(const std::string& key, double fallback) const { return config_.number_or(key, fallback); }
  int64_t integer(const std::string& key, int64_t fallback) const {
    return config_.integer_or(key, fallback, 0, kMaxPositions);
  }
  template <class Value>
  void set(const std::string& key, Value value) {
    values_[key] = MetaValue(MetaValue::Data(std::move(value)));
  }
  void type(const char* model_type) { set("model_type", std::string(model_type)); }
  /// `key` takes the value of `from`, where there is one.
  void take(const std::string& key, const std::string& from) {
    const auto at = values_.find(from);
    if (at != values_.end()) values_[key] = MetaValue(at->second);
  }
  void erase(const std::string& key) { values_.erase(key); }
  /// The number of layers and which of them slide, from a list of 1 and 0 or a period.
  void take_pattern(int64_t fallback);
  Meta done() const { return {config_.file(), config_.source(), values_}; }

 private:
  const Meta& config_;
  Object values_;
};

void GgufKeys::take_pattern(int64_t fallback) {
  const std::string key = "gguf.attention.sliding_window_pattern";
  const auto at = values_.find(key);
  const auto* list = at == values_.end() ? nullptr : std::get_if<MetaValue::Array>(&at->second.data);
  if (list == nullptr) {
    set("sliding_window_pattern", integer(key, fallback));
    return;
  }
  const std::vector<int64_t> slides = config_.integers(key);
  MetaValue::Array types(slides.size());
  for (size_t i = 0; i < slides.size(); ++i)
    types[i].data = std::string(slides[i] != 0 ? "sliding_attention" : "full_attention");
  set("layer_types", std::move(types));
}

namespace {

/// The scale of scores is not in the files: 1 / sqrt(head_dim), but in the largest models hidden / heads.
void query_scale(GgufKeys& k, int64_t layers_of_largest) {
  const int64_t head = k.integer("head_dim", 0);
  const bool largest = k.integer("num_hidden_layers", 0) == layers_of_largest;
  k.set("query_pre_attn_scalar",
        largest ? k.number("hidden_size", 0) / std::max(1.0, k.number("num_attention_heads", 1))
                : static_cast<double>(head));
}

void llama(GgufKeys& k) {
  k.type(k.has("num_experts") ? "mixtral" : k.integer("sliding_window", 0) > 0 ? "mistral" : "llama");
  k.take("num_local_experts", "num_experts");
}

void deepseek2(GgufKeys& k) {
  const bool biased = k.has_tensor("exp_probs_b.bias") || k.has_tensor("exp_probs_b");
  const int64_t groups = k.integer("n_group", 1);
  k.type(k.has("gguf.expert_gating_func") && k.integer("gguf.expert_gating_func", 1) == 2 ? "deepseek_v3"
                                                                                          : "deepseek_v2");
  k.set("topk_method", std::string(biased ? "noaux_tc" : groups > 1 ? "group_limited_greedy" : "greedy"));
}

void gemma(GgufKeys& k) {
  k.type("gemma");
}

void gemma2(GgufKeys& k) {
  k.type("gemma2");
  k.take("attn_logit_softcapping", "gguf.attn_logit_softcapping");
  k.take("final_logit_softcapping", "gguf.final_logit_softcapping");
  query_scale(k, 46);
}

void gemma3(GgufKeys& k) {
  k.type("gemma3_text");
  if (!k.has("rope_theta")) k.set("rope_theta", 1e6);
  k.take("rope_local_base_freq", "gguf.rope.freq_base_swa");
  if (!k.has("gguf.rope.freq_base_swa")) k.set("rope_local_base_freq", 1e4);
  k.take("final_logit_softcapping", "gguf.final_logit_softcapping");
  k.take_pattern(6);
  query_scale(k, 62);
}

void phi2(GgufKeys& k) {
  k.type("phi");
  k.set("hidden_act", std::string("gelu_new"));
}

void phi3(GgufKeys& k) {
  k.type("phi3");
  if (k.integer("sliding_window", 0) == 0) k.erase("sliding_window");
  k.take("original_max_position_embeddings", "gguf.rope.scaling.original_context_length");
}

void phimoe(GgufKeys& k) {
  phi3(k);
  k.type("phimoe");
  k.take("num_local_experts", "num_experts");
  k.set("lm_head_bias", k.has_tensor("output.bias"));
}

void olmo2(GgufKeys& k) {
  const bool slides = k.integer("sliding_window", 0) > 0;
  k.type(slides ? "olmo3" : "olmo2");
  if (slides) k.take_pattern(4);
}

void olmoe(GgufKeys& k) {
  k.take("clip_qkv", "gguf.attention.clamp_kqv");
}

void granite(GgufKeys& k) {
  k.type(k.has("num_experts") ? "granitemoe" : "granite");
  k.take("num_local_experts", "num_experts");
  k.take("attention_multiplier", "gguf.attention.scale");
  k.take("embedding_multiplier", "gguf.embedding_scale");
  k.take("residual_multiplier", "gguf.residual_scale");
  k.take("logits_scaling", "gguf.logit_scale");
}

void command_r(GgufKeys& k) {
  k.type("cohere");
  k.take("logit_scale", "gguf.logit_scale");
  k.set("use_qk_norm", k.has_tensor("attn_q_norm.weight"));
}

void cohere2(GgufKeys& k) {
  k.type("cohere2");
  k.take("logit_scale", "gguf.logit_scale");
  k.take_pattern(4);
}

void glm4moe(GgufKeys& k) {
  k.type("glm4_moe");
  k.set("use_qk_norm", k.has_tensor("attn_q_norm.weight"));
}

void gpt2(GgufKeys& k) {
  k.type("gpt2");
  for (const auto& [key, from] : {std::pair{"n_embd", "hidden_size"},
                                  {"n_layer", "num_hidden_layers"},
                                  {"n_head", "num_attention_heads"},
                                  {"n_positions", "max_position_embeddings"},
                                  {"n_inner", "intermediate_size"},
                                  {"layer_norm_epsilon", "layer_norm_eps"}})
    k.take(key, from);
}

void exaone4(GgufKeys& k) {
  k.type("exaone4");
  if (k.integer("sliding_window", 0) > 0) k.take_pattern(4);
}

void ernie(GgufKeys& k) {
  k.type("ernie4_5");
  k.set("use_bias", k.has_tensor("attn_q.bias"));
}

void ernie_moe(GgufKeys& k) {
  ernie(k);
  k.type("ernie4_5_moe");
  for (const auto& [key, from] : {std::pair{"moe_num_experts", "num_experts"},
                                  {"moe_k", "num_experts_per_tok"},
                                  {"moe_num_shared_experts", "n_shared_experts"},
                                  {"moe_layer_start_index", "first_k_dense_replace"},
                                  {"moe_layer_interval", "gguf.interleave_moe_layer_step"}})
    k.take(key, from);
}

/// Converters fold the rope's alpha into its base.
void hunyuan_dense(GgufKeys& k) {
  k.type("hunyuan_v1_dense");
}

void hunyuan_moe(GgufKeys& k) {
  k.type("hunyuan_v1_moe");
  k.take("moe_topk", "num_experts_per_tok");
}

void seed_oss(GgufKeys& k) {
  k.set("attention_out_bias", k.has_tensor("attn_output.bias"));
}

void minimax_m2(GgufKeys& k) {
  k.type("minimax_m2");
  k.take("num_local_experts", "num_experts");
  k.take("rotary_dim", "gguf.rope.dimension_count");
  k.erase("partial_rotary_factor");
}

void as_named(GgufKeys&) {}

template <const char* const& kType>
void renamed(GgufKeys& k) {
  k.type(kType);
}

constexpr const char* kQwen2Moe = "qwen2_moe";
constexpr const char* kQwen3Moe = "qwen3_moe";

constexpr GgufFamily kFamilies[] = {
    {"llama", llama, GgufNorms::plain, true},
    {"mistral3", llama, GgufNorms::plain, true},
    {"qwen2", as_named},
    {"qwen2moe", renamed<kQwen2Moe>},
    {"qwen3", as_named},
    {"qwen3moe", renamed<kQwen3Moe>},
    {"deepseek2", deepseek2},
    {"gemma", gemma, GgufNorms::plain, false, true},
    {"gemma2", gemma2, GgufNorms::sandwich, false, true},
    {"gemma3", gemma3, GgufNorms::sandwich, false, true},
    {"phi2", phi2},
    {"phi3", phi3},
    {"phimoe", phimoe},
    {"olmo2", olmo2, GgufNorms::behind},
    {"olmoe", olmoe},
    {"granite", granite, GgufNorms::plain, true},
    {"granitemoe", granite, GgufNorms::plain, true},
    {"command-r", command_r},
    {"cohere2", cohere2},
    {"glm4", as_named, GgufNorms::four},
    {"glm4moe", glm4moe, GgufNorms::late},
    {"gpt2", gpt2},
    {"exaone4", exaone4, GgufNorms::behind},
    {"ernie4_5", ernie},
    {"ernie4_5-moe", ernie_moe},
    {"hunyuan-dense", hunyuan_dense},
    {"hunyuan-moe", hunyuan_moe},
    {"seed_oss", seed_oss, GgufNorms::late},
    {"smollm3", as_named, GgufNorms::plain, true},
    {"minimax-m2", minimax_m2},
};

}  // namespace

const GgufFamily* find_gguf_family(const Meta& gguf_config) {
  const std::string name = gguf_config.string("model_type");
  for (const GgufFamily& family : kFamilies) {
    if (family.name == name) return &family;
  }
  return nullptr;
}

Meta keys_of(const GgufFamily& family, const Meta& gguf_config) {
  GgufKeys keys(gguf_config);
  family.keys(keys);
  return keys.done();
}

}  // namespace clinfer::graph
