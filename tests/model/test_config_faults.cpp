#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "graph/models/models.h"
#include "graph/print.h"
#include "host/io/config_json.h"
#include "quant/error.h"
#include "tests/host_io/fault_message.h"

using namespace clinfer;
using graph::Meta;
using graph::MetaValue;

namespace {

using Changes = std::vector<std::pair<std::string, MetaValue>>;

Meta config_of(const std::string& family, const Changes& changes = {},
               Meta::Source source = Meta::Source::config_json) {
  MetaValue::Object values = io::read_config_json("tests/data/families/" + family + "/config.json").values();
  for (const auto& [key, value] : changes) values[key] = value;
  return {"config.json", source, std::move(values)};
}

MetaValue integer(int64_t value) {
  return MetaValue(value);
}

MetaValue text(const std::string& value) {
  return MetaValue(value);
}

MetaValue scaling(MetaValue::Object keys) {
  return MetaValue(std::move(keys));
}

/// The message of the Error(Fault::model) that building gives.
std::string refusal(const std::string& family, const Changes& changes) {
  return test::fault_message(Fault::model, [&] { graph::build_model(config_of(family, changes), {true}); });
}

void check_refused(const std::string& family, const std::string& key, const MetaValue& value) {
  const std::string message = refusal(family, {{key, value}});
  CHECK_MESSAGE(test::contains(message, "config.json"), family << " " << key << ": " << message);
  CHECK_MESSAGE(test::contains(message, key), family << ": " << message);
}

}  // namespace

TEST_CASE("hyper-parameters out of range are refused by name") {
  for (const char* family : {"llama2", "qwen2", "qwen3", "deepseek_v3"}) {
    for (const int64_t layers : {int64_t{0}, int64_t{-1}, int64_t{1000000000}, int64_t{1} << 62})
      check_refused(family, "num_hidden_layers", integer(layers));
    for (const char* key : {"hidden_size", "vocab_size", "num_attention_heads", "intermediate_size"}) {
      for (const int64_t value : {int64_t{0}, int64_t{-8}, int64_t{1} << 40})
        check_refused(family, key, integer(value));
      check_refused(family, key, text("many"));
      check_refused(family, key, MetaValue(0.5));
    }
    check_refused(family, "rope_theta", integer(0));
    check_refused(family, "rope_theta", MetaValue(-10000.0));
    check_refused(family, "rope_theta", MetaValue(std::numeric_limits<double>::quiet_NaN()));
    check_refused(family, "rope_theta", MetaValue(std::numeric_limits<double>::infinity()));
    check_refused(family, "rms_norm_eps", MetaValue(-1.0));
    check_refused(family, "hidden_act", text("gelu"));
    check_refused(family, "max_position_embeddings", integer(0));
  }
}

TEST_CASE("heads that do not fit each other are refused") {
  for (const char* family : {"llama2", "qwen2", "qwen3", "cohere", "gemma3", "granitemoe"}) {
    check_refused(family, "num_key_value_heads", integer(3));
    check_refused(family, "num_key_value_heads", integer(0));
    check_refused(family, "num_key_value_heads", integer(8));  // more than there are heads
    check_refused(family, "head_dim", integer(0));
    check_refused(family, "head_dim", integer(-16));
    CHECK(test::contains(refusal(family, {{"head_dim", integer(15)}}), "even"));
  }
  CHECK(test::contains(
      refusal("qwen2", {{"num_attention_heads", integer(6)}, {"num_key_value_heads", integer(2)}}),
      "num_attention_heads"));
  for (const char* key : {"qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "kv_lora_rank"})
    check_refused("deepseek_v3", key, integer(0));
}

TEST_CASE("experts that do not fit each other are refused") {
  for (const char* key : {"n_routed_experts", "num_experts_per_tok", "moe_intermediate_size"}) {
    check_refused("deepseek_v3", key, integer(0));
    check_refused("deepseek_v3", key, integer(-1));
  }
  check_refused("deepseek_v3", "num_experts_per_tok", integer(9));  // of 8
  check_refused("deepseek_v3", "num_experts_per_tok", integer(5));  // of 4 that the groups leave
  check_refused("deepseek_v3", "n_group", integer(3));
  check_refused("deepseek_v3", "n_group", integer(8));  // one expert a group: no top two
  check_refused("deepseek_v3", "topk_group", integer(5));
  check_refused("deepseek_v3", "scoring_func", text("tanh"));
  const std::string message =
      refusal("deepseek_v3", {{"num_hidden_layers", integer(4096)}, {"n_routed_experts", integer(65536)}});
  CHECK_MESSAGE(test::contains(message, "n_routed_experts"), message);
}

TEST_CASE("keys of other families that contradict each other are refused") {
  check_refused("gemma3", "query_pre_attn_scalar", integer(0));
  check_refused("gemma3", "attn_logit_softcapping", MetaValue(50.0));
  check_refused("gemma3", "final_logit_softcapping", MetaValue(-30.0));
  check_refused("gemma3", "sliding_window_pattern", integer(0));
  check_refused("gemma3", "layer_types", MetaValue(MetaValue::Array{text("full_attention")}));
  check_refused("cohere", "layer_norm_eps", MetaValue(2.0));
  check_refused("cohere", "logit_scale", MetaValue(-1.0));
  check_refused("granitemoe", "num_experts_per_tok", integer(7));  // of 6
  check_refused("granitemoe", "num_local_experts", integer(0));
  for (const char* key :
       {"embedding_multiplier", "residual_multiplier", "attention_multiplier", "logits_scaling"})
    check_refused("granitemoe", key, MetaValue(0.0));
  check_refused("llama2", "partial_rotary_factor", MetaValue(1.5));
}

/// LLaMA's configuration under another family's name, with its keys.
std::string refusal_as(const char* family, Changes changes) {
  changes.emplace_back("model_type", text(family));
  return refusal("llama2", changes);
}

TEST_CASE("families without a golden here refuse what they cannot hold by the key's name") {
  CHECK(test::contains(refusal_as("phi", {{"qk_layernorm", MetaValue(true)}}), "qk_layernorm"));
  CHECK(test::contains(refusal_as("phi", {}), "hidden_act"));  // SiLU
  CHECK(test::contains(refusal_as("gpt2", {}), "n_embd"));
  CHECK(test::contains(refusal_as("smollm3", {{"no_rope_layers", MetaValue(MetaValue::Array{integer(1)})}}),
                       "no_rope_layers"));
  CHECK(test::contains(refusal_as("exaone4", {{"sliding_window", integer(8)}}), "layer_types"));
  CHECK(test::contains(refusal_as("hunyuan_v1_dense", {{"use_cla", MetaValue(true)}}), "cla_share_factor"));
  const MetaValue uneven(MetaValue::Array{integer(1), integer(2)});
  CHECK(test::contains(refusal_as("hunyuan_v1_moe", {{"num_experts", integer(4)}, {"moe_topk", uneven}}),
                       "moe_topk"));
  CHECK(test::contains(
      refusal_as("phimoe", {{"num_local_experts", integer(4)}, {"num_experts_per_tok", integer(1)}}),
      "num_experts_per_tok"));
  CHECK(test::contains(refusal_as("ernie4_5_moe", {{"moe_intermediate_size", integer(8)},
                                                   {"moe_num_experts", integer(4)},
                                                   {"moe_k", integer(2)},
                                                   {"use_bias", MetaValue(true)}}),
                       "use_bias"));
  CHECK(test::contains(refusal_as("deepseek_v2", {{"kv_lora_rank", integer(8)},
                                                  {"qk_nope_head_dim", integer(8)},
                                                  {"qk_rope_head_dim", integer(8)},
                                                  {"v_head_dim", integer(8)},
                                                  {"moe_intermediate_size", integer(8)},
                                                  {"n_routed_experts", integer(4)},
                                                  {"num_experts_per_tok", integer(2)},
                                                  {"topk_method", text("guess")}}),
                       "topk_method"));
}

TEST_CASE("windows, chunks and layers without positions that contradict each other are refused") {
  CHECK(test::contains(refusal_as("gemma2", {}), "sliding_window"));
  CHECK(test::contains(refusal_as("gemma2", {{"sliding_window", integer(0)}}), "sliding_window"));
  const MetaValue one(MetaValue::Array{text("full_attention")});
  CHECK(test::contains(refusal_as("gemma2", {{"layer_types", one}}), "layer_types"));
  CHECK(test::contains(
      refusal_as("gemma2", {{"sliding_window", integer(8)}, {"attn_logit_softcapping", MetaValue(-1.0)}}),
      "attn_logit_softcapping"));
  CHECK(test::contains(refusal("qwen2", {{"use_sliding_window", MetaValue(true)},
                                         {"max_window_layers", integer(0)},
                                         {"sliding_window", MetaValue()}}),
                       "sliding_window"));
  const auto dual = [](int64_t local) {
    return scaling({{"chunk_size", integer(16)}, {"local_size", integer(local)}});
  };
  CHECK(test::contains(refusal("qwen2", {{"dual_chunk_attention_config", dual(16)}}), "local_size"));
  CHECK(test::contains(refusal_as("cohere2", {}), "sliding_window"));
}

TEST_CASE("mixtures of other families that contradict themselves are refused") {
  const auto with = [](Changes changes, const std::string& key, const MetaValue& value) {
    changes.emplace_back(key, value);
    return changes;
  };
  const Changes local = {{"num_local_experts", integer(4)}, {"num_experts_per_tok", integer(1)}};
  CHECK(test::contains(refusal_as("gpt_oss", with(local, "num_experts_per_tok", integer(5))),
                       "num_experts_per_tok"));
  CHECK(test::contains(refusal_as("gpt_oss", with(local, "swiglu_limit", integer(0))), "swiglu_limit"));
  CHECK(test::contains(refusal_as("gpt_oss", local), "sliding_window"));
  CHECK(test::contains(refusal_as("llama4_text", with(local, "num_experts_per_tok", integer(2))),
                       "num_experts_per_tok"));
  const MetaValue far(MetaValue::Array{integer(99)});
  CHECK(test::contains(refusal_as("llama4_text", with(local, "moe_layers", far)), "moe_layers"));
  CHECK(test::contains(refusal_as("llama4_text", with(local, "no_rope_layers", far)), "no_rope_layers"));
  CHECK(test::contains(refusal_as("llama4_text", with(local, "floor_scale", integer(0))), "floor_scale"));
  const Changes ling = {{"num_experts", integer(8)},
                        {"num_experts_per_tok", integer(2)},
                        {"moe_intermediate_size", integer(8)}};
  CHECK(test::contains(refusal_as("bailing_moe", with(ling, "n_group", integer(3))), "n_group"));
  CHECK(test::contains(refusal_as("bailing_moe", with(ling, "norm_head", MetaValue(true))), "norm_head"));
  CHECK(test::contains(refusal_as("bailing_moe_v2", with(ling, "num_experts_per_tok", integer(9))),
                       "num_experts_per_tok"));
  const Changes step = {{"moe_num_experts", integer(4)},
                        {"moe_top_k", integer(2)},
                        {"moe_intermediate_size", integer(8)},
                        {"share_expert_dim", integer(8)}};
  for (const char* layers : {"1;2", "1,", "99", "x"})
    CHECK_MESSAGE(test::contains(refusal_as("step3_text", with(step, "moe_layers_enum", text(layers))),
                                 "moe_layers_enum"),
                  layers);
  CHECK(test::contains(refusal_as("step3_text", with(step, "num_attention_groups", integer(2))),
                       "num_attention_groups"));
  CHECK(test::contains(refusal_as("nemotron", {}), "hidden_act"));  // SiLU
  CHECK(test::contains(refusal_as("baichuan", {{"vocab_size", integer(125696)}}), "vocab_size"));
}

TEST_CASE("LongRoPE has a factor a frequency, and a table on each side of its first length") {
  const auto longrope = [&](size_t count) {
    const MetaValue::Array factors(count, MetaValue(2.0));
    return scaling({{"rope_type", text("longrope")},
                    {"long_factor", MetaValue(MetaValue::Array(count, MetaValue(4.0)))},
                    {"short_factor", MetaValue(factors)},
                    {"original_max_position_embeddings", integer(32)}});
  };
  const graph::Meta plain = config_of("llama2");
  const auto pairs = static_cast<size_t>(plain.integer("hidden_size", 1, 4096) /
                                         plain.integer("num_attention_heads", 1, 4096) / 2);
  CHECK(test::contains(refusal("llama2", {{"rope_scaling", longrope(pairs + 1)}}), "long_factor"));
  const graph::Meta config = config_of("llama2", {{"rope_scaling", longrope(pairs)}});
  const auto first_frequency = [&](int64_t context) {
    const graph::Model model = graph::build_model(config, {.context = context});
    for (const graph::Value& value : model.main.values) {
      if (value.constant() != nullptr) return value.constant()->data.front();
    }
    return 0.0f;
  };
  CHECK(first_frequency(32) == 0.5f);
  CHECK(first_frequency(33) == 0.25f);
  CHECK(first_frequency(0) == 0.25f);
}

TEST_CASE("rope scaling that is unknown or out of range is refused") {
  for (const char* family : {"llama2", "deepseek_v3"}) {
    const auto with = [&](MetaValue::Object keys) {
      return refusal(family, {{"rope_scaling", scaling(std::move(keys))}});
    };
    const std::string unknown = with({{"rope_type", text("spiral")}});
    CHECK(test::contains(unknown, "spiral"));
    CHECK(test::contains(unknown, "yarn"));
    CHECK(test::contains(with({{"rope_type", text("linear")}}), "factor"));
    CHECK(test::contains(with({{"rope_type", text("linear")}, {"factor", MetaValue(0.0)}}), "factor"));
    CHECK(test::contains(with({{"rope_type", text("yarn")}, {"factor", MetaValue(-2.0)}}), "factor"));
    CHECK(
        test::contains(with({{"rope_type", text("llama3")}, {"factor", MetaValue(2.0)}}), "low_freq_factor"));
  }
  check_refused("llama2", "rope_scaling", integer(3));
}

TEST_CASE("windows that do not fit the layers are refused") {
  const MetaValue::Array two = {text("full_attention"), text("sliding_attention")};
  const MetaValue::Array odd = {text("full_attention"), text("sliding_attention"), text("chunked_attention")};
  check_refused("qwen2_swa_yarn", "layer_types", MetaValue(two));
  check_refused("qwen2_swa_yarn", "layer_types", MetaValue(odd));
  check_refused("qwen2_swa_yarn", "sliding_window", integer(0));
}

TEST_CASE("an unknown architecture is refused with the list of the known ones") {
  const std::string message = refusal("llama2", {{"model_type", text("wombat")}});
  CHECK(test::contains(message, "wombat"));
  for (const graph::Family& family : graph::families()) {
    for (const std::string_view type : family.model_types) CHECK(test::contains(message, std::string(type)));
  }
  check_refused("llama2", "model_type", integer(1));
  MetaValue::Object none;
  CHECK(
      test::contains(test::fault_message(
                         Fault::model, [&] { graph::build_model(Meta("c.json", Meta::Source::gguf, none)); }),
                     "model_type"));
}

TEST_CASE("a missing key is named") {
  for (const char* key : {"num_hidden_layers", "hidden_size", "vocab_size", "num_attention_heads"})
    check_refused("llama2", key, MetaValue());
}

TEST_CASE("an absent activation means SiLU, as in GGUF") {
  CHECK_NOTHROW(graph::build_model(config_of("llama2", {{"hidden_act", MetaValue()}}, Meta::Source::gguf)));
}

TEST_CASE("both spellings of a configuration give the same graphs") {
  for (const char* family : {"deepseek_v3", "deepseek_v3_fp8", "llama2", "llama3_scaled", "llama_bias",
                             "qwen2", "qwen2_swa_yarn", "qwen3", "cohere", "gemma3", "granitemoe"}) {
    const graph::Model old_model = graph::build_model(config_of(family), {true});
    const graph::Model new_model = graph::build_model(
        io::read_config_json(std::string("tests/data/families/") + family + "/config.v5.json"), {true});
    CHECK_MESSAGE(old_model.main.values.size() == new_model.main.values.size(), family);
    CHECK_MESSAGE(graph::to_json(old_model.main) == graph::to_json(new_model.main), family);
    for (size_t i = 0; i < old_model.main.values.size(); ++i) {
      const graph::Constant* constant = old_model.main.values[i].constant();
      if (constant != nullptr) CHECK(constant->data == new_model.main.values[i].constant()->data);
    }
  }
}
