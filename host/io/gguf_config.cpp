#include <algorithm>
#include <cstring>

#include "host/io/gguf_names.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

using graph::MetaValue;
using Object = MetaValue::Object;

struct KeyPair {
  std::string_view stored;  ///< behind "<architecture>."
  std::string_view key;     ///< of config.json
};

/// Values that are the same in both, but for the name.
constexpr KeyPair kKeys[] = {
    {"block_count", "num_hidden_layers"},
    {"context_length", "max_position_embeddings"},
    {"embedding_length", "hidden_size"},
    {"feed_forward_length", "intermediate_size"},
    {"vocab_size", "vocab_size"},
    {"attention.head_count", "num_attention_heads"},
    {"attention.head_count_kv", "num_key_value_heads"},
    {"attention.key_length", "head_dim"},
    {"attention.layer_norm_rms_epsilon", "rms_norm_eps"},
    {"attention.layer_norm_epsilon", "layer_norm_eps"},
    {"attention.sliding_window", "sliding_window"},
    {"attention.q_lora_rank", "q_lora_rank"},
    {"attention.kv_lora_rank", "kv_lora_rank"},
    {"rope.freq_base", "rope_theta"},
    {"expert_count", "n_routed_experts"},
    {"expert_count", "num_experts"},
    {"expert_used_count", "num_experts_per_tok"},
    {"expert_shared_count", "n_shared_experts"},
    {"expert_feed_forward_length", "moe_intermediate_size"},
    {"expert_shared_feed_forward_length", "shared_expert_intermediate_size"},
    {"expert_weights_scale", "routed_scaling_factor"},
    {"expert_weights_norm", "norm_topk_prob"},
    {"expert_group_count", "n_group"},
    {"expert_group_used_count", "topk_group"},
    {"leading_dense_block_count", "first_k_dense_replace"},
    {"nextn_predict_layers", "num_nextn_predict_layers"},
};

constexpr KeyPair kRopeScalingKeys[] = {
    {"rope.scaling.factor", "factor"},
    {"rope.scaling.original_context_length", "original_max_position_embeddings"},
    {"rope.scaling.attn_factor", "attention_factor"},
    {"rope.scaling.yarn_beta_fast", "beta_fast"},
    {"rope.scaling.yarn_beta_slow", "beta_slow"},
};

constexpr KeyPair kTokenKeys[] = {
    {"tokenizer.ggml.bos_token_id", "bos_token_id"},
    {"tokenizer.ggml.eos_token_id", "eos_token_id"},
    {"tokenizer.ggml.padding_token_id", "pad_token_id"},
};

constexpr int64_t kMaxDim = int64_t{1} << 40;

template <class Element>
MetaValue list_of(const std::vector<Element>& values) {
  MetaValue::Array list(values.size());
  for (size_t i = 0; i < values.size(); ++i) list[i].data = static_cast<int64_t>(values[i]);
  return MetaValue(std::move(list));
}

/// A scalar as it is; a per-layer array as one integer where all layers agree, else as a list.
MetaValue to_meta_value(const GgufValue& value) {
  if (const auto* boolean = std::get_if<bool>(&value.data)) return MetaValue(*boolean);
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return MetaValue(*integer);
  if (const auto* number = std::get_if<double>(&value.data)) return MetaValue(*number);
  if (const auto* string = std::get_if<std::string>(&value.data)) return MetaValue(*string);
  if (const auto* booleans = std::get_if<GgufValue::Booleans>(&value.data)) return list_of(*booleans);
  const auto* integers = std::get_if<GgufValue::Integers>(&value.data);
  if (integers == nullptr || integers->empty()) return {};
  if (std::equal(integers->begin() + 1, integers->end(), integers->begin()))
    return MetaValue(integers->front());
  return list_of(*integers);
}

bool has_tensor(const std::vector<Tensor>& tensors, std::string_view stored_name) {
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](const Tensor& t) { return t.stored_name == stored_name; });
}

/// Collects config.json's keys from the keys of one architecture.
class ConfigBuilder {
 public:
  ConfigBuilder(const GgufMetadata& metadata, const std::vector<Tensor>& tensors)
      : metadata_(metadata), tensors_(tensors), architecture_(metadata.string("general.architecture")) {}

  Object build() {
    config_["model_type"] = MetaValue(architecture_);
    for (const KeyPair& pair : kKeys) copy(own(pair.stored), pair.key, config_);
    for (const KeyPair& pair : kTokenKeys) copy(pair.stored, pair.key, config_);
    add_layers();
    add_experts();
    if (metadata_.has(own("attention.kv_lora_rank"))) {
      add_latent_attention();
    } else {
      add_partial_rotation();
    }
    add_rope_scaling();
    add_from_tensors();
    add_own();
    return std::move(config_);
  }

 private:
  std::string own(std::string_view key) const { return architecture_ + "." + std::string(key); }

  void copy(std::string_view stored, std::string_view key, Object& to) const {
    const GgufValue* value = metadata_.find(stored);
    if (value != nullptr) to[std::string(key)] = to_meta_value(*value);
  }

  void set(const std::string& key, int64_t value) { config_[key] = MetaValue(value); }

  int64_t dimension(std::string_view key) const { return metadata_.integer(own(key), 1, kMaxDim); }

  /// GGUF counts multi-token prediction layers among the blocks.
  void add_layers() {
    const int64_t extra = metadata_.integer_or(own("nextn_predict_layers"), 0, 0, 1 << 16);
    if (extra > 0)
      set("num_hidden_layers", metadata_.integer(own("block_count"), extra + 1, 1 << 20) - extra);
  }

  void add_experts() {
    if (metadata_.integer_or(own("expert_count"), 0, 0, 1 << 20) == 0) {
      for (const char* key : {"n_routed_experts", "num_experts", "num_experts_per_tok"}) config_.erase(key);
      return;
    }
    // expert_gating_func: 1 softmax (also when absent), 2 sigmoid.
    const bool softmax = metadata_.integer_or(own("expert_gating_func"), 1, 1, 2) == 1;
    config_["scoring_func"] = MetaValue(std::string(softmax ? "softmax" : "sigmoid"));
  }

  /// Newer files store the lengths in the latent space as key_length and value_length, and the heads' own as
  /// *_mla; older ones store the heads' own under the plain names.
  void add_latent_attention() {
    const bool newer = metadata_.has(own("attention.key_length_mla"));
    const int64_t key_length = dimension(newer ? "attention.key_length_mla" : "attention.key_length");
    const int64_t rope_length = metadata_.integer(own("rope.dimension_count"), 1, key_length);
    set("qk_rope_head_dim", rope_length);
    set("qk_nope_head_dim", key_length - rope_length);
    set("v_head_dim", dimension(newer ? "attention.value_length_mla" : "attention.value_length"));
    set("num_key_value_heads", dimension("attention.head_count"));
    config_.erase("head_dim");
  }

  /// Rope over a part of each head only.
  void add_partial_rotation() {
    const bool has_head = metadata_.has(own("attention.key_length"));
    const bool countable =
        metadata_.has(own("embedding_length")) && metadata_.has(own("attention.head_count"));
    if (!metadata_.has(own("rope.dimension_count")) || !(has_head || countable)) return;
    const int64_t head = has_head ? dimension("attention.key_length")
                                  : dimension("embedding_length") / dimension("attention.head_count");
    const int64_t rotated = metadata_.integer(own("rope.dimension_count"), 1, head);
    if (rotated == head) return;
    config_["partial_rotary_factor"] = MetaValue(static_cast<double>(rotated) / static_cast<double>(head));
  }

  void add_rope_scaling() {
    const Tensor* long_factors = tensor("rope_factors_long.weight");
    const Tensor* short_factors = tensor("rope_factors_short.weight");
    const bool longrope = long_factors != nullptr && short_factors != nullptr;
    const std::string type = metadata_.string_or(own("rope.scaling.type"), "none");
    if (type == "none" && !longrope) return;
    Object scaling;
    scaling["rope_type"] = MetaValue(longrope ? std::string("longrope") : type);
    if (longrope) {
      scaling["long_factor"] = factors_of(*long_factors);
      scaling["short_factor"] = factors_of(*short_factors);
    }
    for (const KeyPair& pair : kRopeScalingKeys) copy(own(pair.stored), pair.key, scaling);
    // Stored as 0.1 * mscale_all_dim; published models have mscale equal to it.
    const double multiplier = metadata_.number_or(own("rope.scaling.yarn_log_multiplier"), 0.0);
    if (multiplier != 0.0) {
      scaling["mscale"] = MetaValue(multiplier / 0.1);
      scaling["mscale_all_dim"] = MetaValue(multiplier / 0.1);
    }
    config_["rope_scaling"] = MetaValue(std::move(scaling));
  }

  void add_from_tensors() {
    config_["tie_word_embeddings"] = MetaValue(!has_tensor(tensors_, "output.weight"));
    config_["attention_bias"] = MetaValue(has_tensor(tensors_, "blk.0.attn_q.bias"));
    config_["mlp_bias"] = MetaValue(has_tensor(tensors_, "blk.0.ffn_up.bias"));
    if (config_.contains("vocab_size") || !metadata_.has("tokenizer.ggml.tokens")) return;
    set("vocab_size", static_cast<int64_t>(metadata_.strings("tokenizer.ggml.tokens").size()));
  }

  const Tensor* tensor(std::string_view stored_name) const {
    const auto at = std::find_if(tensors_.begin(), tensors_.end(),
                                 [&](const Tensor& t) { return t.stored_name == stored_name; });
    return at == tensors_.end() ? nullptr : &*at;
  }

  /// What LongRoPE divides each frequency by.
  MetaValue factors_of(const Tensor& tensor) const {
    if (tensor.format != "f32")
      throw Error(Fault::model,
                  metadata_.file() + ": tensor " + tensor.stored_name + " must be f32, is " + tensor.format);
    MetaValue::Array list(tensor.bytes.size() / sizeof(float));
    for (size_t i = 0; i < list.size(); ++i) {
      float factor = 0;
      std::memcpy(&factor, tensor.bytes.data() + i * sizeof factor, sizeof factor);
      list[i].data = static_cast<double>(factor);
    }
    return MetaValue(std::move(list));
  }

  /// The architecture's keys as they stand, as gguf.KEY, and gguf.has.NAME for each tensor there is (of
  /// layers behind the number): for what only the family understands.
  void add_own() {
    const std::string prefix = architecture_ + ".";
    for (const auto& [key, value] : metadata_.values()) {
      if (key.starts_with(prefix)) config_["gguf." + key.substr(prefix.size())] = to_meta_value(value);
    }
    for (const Tensor& t : tensors_) {
      std::string_view name = t.stored_name;
      const size_t dot = name.starts_with("blk.") ? name.find('.', 4) : std::string_view::npos;
      if (dot != std::string_view::npos) name.remove_prefix(dot + 1);
      config_["gguf.has." + std::string(name)] = MetaValue(true);
    }
  }

  const GgufMetadata& metadata_;
  const std::vector<Tensor>& tensors_;
  std::string architecture_;
  Object config_;
};

}  // namespace

graph::Meta config_from_gguf(const GgufMetadata& metadata, const std::vector<Tensor>& tensors) {
  return {metadata.file(), graph::Meta::Source::gguf, ConfigBuilder(metadata, tensors).build()};
}

}  // namespace clinfer::io
