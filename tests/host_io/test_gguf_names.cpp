#include <doctest/doctest.h>

#include "host/io/gguf_checkpoint.h"
#include "host/io/gguf_names.h"
#include "tests/host_io/gguf_image.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
using namespace clinfer::test;

namespace {

std::unique_ptr<io::Checkpoint> open_image(const TemporaryFolder& folder, const GgufImage& image) {
  return io::open(folder.write("m.gguf", image.bytes()));
}

/// A latent-attention model with routed experts, as converters write it since the split of kv_b.
GgufImage latent_image(bool newer) {
  GgufImage g;
  g.add_string("general.architecture", "deepseek2").add_u32("deepseek2.block_count", 62);
  g.add_u32("deepseek2.nextn_predict_layers", 1).add_u32("deepseek2.embedding_length", 7168);
  g.add_u32("deepseek2.attention.head_count", 128)
      .add_u32("deepseek2.attention.head_count_kv", newer ? 1 : 128);
  g.add_u32("deepseek2.attention.key_length", newer ? 576 : 192);
  g.add_u32("deepseek2.attention.value_length", newer ? 512 : 128);
  if (newer)
    g.add_u32("deepseek2.attention.key_length_mla", 192).add_u32("deepseek2.attention.value_length_mla", 128);
  g.add_u32("deepseek2.attention.kv_lora_rank", 512).add_u32("deepseek2.attention.q_lora_rank", 1536);
  g.add_u32("deepseek2.rope.dimension_count", 64).add_u32("deepseek2.leading_dense_block_count", 3);
  g.add_u32("deepseek2.expert_count", 256).add_u32("deepseek2.expert_used_count", 8);
  g.add_u32("deepseek2.expert_shared_count", 1).add_u32("deepseek2.expert_feed_forward_length", 2048);
  g.add_f32("deepseek2.expert_weights_scale", 2.5F).add_bool("deepseek2.expert_weights_norm", 1);
  g.add_u32("deepseek2.expert_gating_func", 2).add_u32("deepseek2.expert_group_count", 8);
  g.add_u32("deepseek2.expert_group_used_count", 4).add_string("deepseek2.rope.scaling.type", "yarn");
  g.add_f32("deepseek2.rope.scaling.factor", 40.0F)
      .add_f32("deepseek2.rope.scaling.yarn_log_multiplier", 0.1F);
  g.add_u32("deepseek2.rope.scaling.original_context_length", 4096);
  return g;
}

}  // namespace

TEST_CASE("tensor names") {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"token_embd.weight", "model.embed_tokens.weight"},
      {"output_norm.weight", "model.norm.weight"},
      {"output.weight", "lm_head.weight"},
      {"blk.3.attn_q.weight", "model.layers.3.self_attn.q_proj.weight"},
      {"blk.3.attn_k.bias", "model.layers.3.self_attn.k_proj.bias"},
      {"blk.12.attn_output.weight", "model.layers.12.self_attn.o_proj.weight"},
      {"blk.0.attn_norm.weight", "model.layers.0.input_layernorm.weight"},
      {"blk.0.ffn_norm.weight", "model.layers.0.post_attention_layernorm.weight"},
      {"blk.0.attn_k_norm.weight", "model.layers.0.self_attn.k_norm.weight"},
      {"blk.60.ffn_down_exps.weight", "model.layers.60.mlp.experts.down_proj.weight"},
      {"blk.60.ffn_gate_shexp.weight", "model.layers.60.mlp.shared_experts.gate_proj.weight"},
      {"blk.60.ffn_gate_inp.weight", "model.layers.60.mlp.gate.weight"},
      {"blk.60.exp_probs_b.bias", "model.layers.60.mlp.gate.e_score_correction_bias"},
      {"blk.1.attn_kv_a_mqa.weight", "model.layers.1.self_attn.kv_a_proj_with_mqa.weight"},
      {"blk.1.attn_q_a_norm.weight", "model.layers.1.self_attn.q_a_layernorm.weight"},
      {"blk.61.nextn.eh_proj.weight", "model.layers.61.eh_proj.weight"},
  };
  for (const auto& [stored, name] : names) CHECK(io::hugging_face_tensor_name(stored) == name);
  for (const std::string name :
       {"rope_freqs.weight", "blk.x.attn_q.weight", "blk.1", "blk.1.", "blk.-1.attn_q.weight",
        "blk.99999999999999999999.attn_q.weight", "blk.1.unknown.weight", "output"}) {
    CHECK(io::hugging_face_tensor_name(name) == name);
  }
}

TEST_CASE("keys of a dense model") {
  GgufImage g;
  g.add_string("general.architecture", "llama").add_u32("llama.block_count", 30);
  g.add_u32("llama.embedding_length", 576).add_u32("llama.feed_forward_length", 1536);
  g.add_u32("llama.attention.head_count", 9).add_i32s("llama.attention.head_count_kv", {3, 3, 3});
  g.add_f32("llama.attention.layer_norm_rms_epsilon", 1e-5F).add_f32("llama.rope.freq_base", 1e5F);
  g.add_u32("llama.context_length", 8192).add_u32("llama.rope.dimension_count", 64);
  g.add_strings("tokenizer.ggml.tokens", {"a", "b", "c"}).add_u32("tokenizer.ggml.bos_token_id", 1);
  g.add_u32("tokenizer.ggml.eos_token_id", 2).add_u32("tokenizer.ggml.eot_token_id", 0);
  g.add_tensor("token_embd.weight", {32, 3}, 3, std::string(60, 'e'));
  const TemporaryFolder folder;
  const auto checkpoint = open_image(folder, g);
  const graph::Meta& config = checkpoint->config();
  const auto integer = [&](const char* key) { return config.integer(key, 0, INT64_MAX); };
  CHECK(config.source() == graph::Meta::Source::gguf);
  CHECK(config.string("model_type") == "llama");
  CHECK(integer("num_hidden_layers") == 30);
  CHECK(integer("hidden_size") == 576);
  CHECK(integer("intermediate_size") == 1536);
  CHECK(integer("num_attention_heads") == 9);
  CHECK(integer("num_key_value_heads") == 3);
  CHECK(integer("max_position_embeddings") == 8192);
  CHECK(integer("vocab_size") == 3);
  CHECK(integer("bos_token_id") == 1);
  CHECK(integer("eos_token_id") == 2);
  CHECK(checkpoint->generation_config().integers("eos_token_id") == std::vector<int64_t>{2, 0});
  CHECK(config.number("rms_norm_eps") == doctest::Approx(1e-5));
  CHECK(config.number("rope_theta") == 1e5);
  CHECK(config.boolean_or("tie_word_embeddings", false));
  CHECK_FALSE(config.boolean_or("attention_bias", true));
  CHECK_FALSE(config.has("rope_scaling"));
  CHECK_FALSE(config.has("partial_rotary_factor"));
  const io::Tensor* embedding = checkpoint->find("model.embed_tokens.weight");
  REQUIRE(embedding != nullptr);
  CHECK(embedding->stored_name == "token_embd.weight");
  CHECK(embedding->format == "q4_1");
  CHECK(embedding->shape == std::vector<int64_t>{3, 32});
  REQUIRE(io::gguf_metadata(*checkpoint) != nullptr);
  CHECK(io::gguf_metadata(*checkpoint)->strings("tokenizer.ggml.tokens").size() == 3);
}

TEST_CASE("keys of a model with latent attention and experts, both spellings") {
  for (const bool newer : {false, true}) {
    CAPTURE(newer);
    GgufImage g = latent_image(newer);
    g.add_tensor("output.weight", {32, 1}, 8, std::string(34, 'o'));
    const TemporaryFolder folder;
    const auto checkpoint = open_image(folder, g);
    const graph::Meta& config = checkpoint->config();
    const auto integer = [&](const char* key) { return config.integer(key, 0, INT64_MAX); };
    CHECK(integer("num_hidden_layers") == 61);
    CHECK(integer("num_nextn_predict_layers") == 1);
    CHECK(integer("num_key_value_heads") == 128);
    CHECK(integer("qk_rope_head_dim") == 64);
    CHECK(integer("qk_nope_head_dim") == 128);
    CHECK(integer("v_head_dim") == 128);
    CHECK(integer("kv_lora_rank") == 512);
    CHECK(integer("q_lora_rank") == 1536);
    CHECK(integer("n_routed_experts") == 256);
    CHECK(integer("n_shared_experts") == 1);
    CHECK(integer("num_experts_per_tok") == 8);
    CHECK(integer("moe_intermediate_size") == 2048);
    CHECK(integer("first_k_dense_replace") == 3);
    CHECK(integer("n_group") == 8);
    CHECK(integer("topk_group") == 4);
    CHECK(config.number("routed_scaling_factor") == 2.5);
    CHECK(config.boolean_or("norm_topk_prob", false));
    CHECK(config.string("scoring_func") == "sigmoid");
    CHECK_FALSE(config.has("head_dim"));
    CHECK_FALSE(config.boolean_or("tie_word_embeddings", true));
    const graph::Meta scaling = config.object("rope_scaling");
    CHECK(scaling.string("rope_type") == "yarn");
    CHECK(scaling.number("factor") == 40.0);
    CHECK(scaling.number("mscale_all_dim") == doctest::Approx(1.0));
    CHECK(scaling.integer("original_max_position_embeddings", 1, 1 << 20) == 4096);
  }
}
