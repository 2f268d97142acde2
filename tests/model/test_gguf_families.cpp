#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "graph/models/models.h"
#include "host/io/checkpoint.h"
#include "host/stored/stored_matrix.h"
#include "tests/host_io/gguf_image.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
using test::GgufImage;

namespace {

constexpr uint64_t kHidden = 32, kHeads = 4, kKvHeads = 2, kHead = 8, kInner = 48, kVocab = 16, kExperts = 4,
                   kExpertInner = 16, kShared = 24, kRank = 12, kRope = 4, kNope = 6, kValue = 10;

/// What one architecture has beside the common keys, and the tensors of a layer (names without ".weight").
struct Case {
  std::string architecture;
  std::string family;
  std::string layer;
  std::string model = "output";  ///< beside token_embd and output_norm
  std::function<void(GgufImage&, const std::string&)> keys = [](GgufImage&, const std::string&) {};
  uint64_t query_norm = kHead;
  uint64_t up = kInner;  ///< rows of ffn_up: twice as many where the gate is in it
};

constexpr const char* kAttention = "attn_norm attn_q attn_k attn_v attn_output ";
constexpr const char* kNetwork = "ffn_norm ffn_gate ffn_up ffn_down ";
constexpr const char* kExpertTensors = "ffn_gate_inp ffn_gate_exps ffn_up_exps ffn_down_exps ";
constexpr const char* kSharedTensors = "ffn_gate_shexp ffn_up_shexp ffn_down_shexp ";
constexpr const char* kBiases = "attn_q.bias attn_k.bias attn_v.bias ";
constexpr const char* kNetworkOnly = "ffn_gate ffn_up ffn_down ";

void experts(GgufImage& g, const std::string& a) {
  g.add_u32(a + "expert_count", kExperts).add_u32(a + "expert_used_count", 2);
  g.add_u32(a + "expert_feed_forward_length", kExpertInner).add_u32(a + "expert_shared_count", 1);
  g.add_u32(a + "expert_shared_feed_forward_length", kShared);
}

void sigmoid_experts(GgufImage& g, const std::string& a) {
  experts(g, a);
  g.add_u32(a + "expert_gating_func", 2).add_u32(a + "leading_dense_block_count", 0);
}

/// Experts of the plain networks' width.
void local_experts(GgufImage& g, const std::string& a) {
  g.add_u32(a + "expert_count", kExperts).add_u32(a + "expert_used_count", 2);
}

void window(GgufImage& g, const std::string& a) {
  g.add_u32(a + "attention.sliding_window", 8);
}

void latent(GgufImage& g, const std::string& a) {
  sigmoid_experts(g, a);
  g.add_u32(a + "attention.kv_lora_rank", kRank).add_u32(a + "attention.key_length_mla", kNope + kRope);
  g.add_u32(a + "attention.value_length_mla", kValue);
}

void older_latent(GgufImage& g, const std::string& a) {
  experts(g, a);
  g.add_u32(a + "attention.kv_lora_rank", kRank).add_u32(a + "leading_dense_block_count", 0);
}

std::vector<uint64_t> dims_of(const std::string& name, const Case& c) {
  const std::map<std::string, std::vector<uint64_t>> dims = {
      {"token_embd", {kHidden, kVocab}},
      {"output", {kHidden, kVocab}},
      {"output.bias", {kVocab}},
      {"position_embd", {kHidden, 64}},
      {"attn_q", {kHidden, kHeads * kHead}},
      {"attn_k", {kHidden, kKvHeads * kHead}},
      {"attn_v", {kHidden, kKvHeads * kHead}},
      {"attn_q.bias", {kHeads * kHead}},
      {"attn_k.bias", {kKvHeads * kHead}},
      {"attn_v.bias", {kKvHeads * kHead}},
      {"attn_qkv", {kHidden, (kHeads + 2 * kKvHeads) * kHead}},
      {"attn_qkv.bias", {(kHeads + 2 * kKvHeads) * kHead}},
      {"attn_output", {kHeads * kHead, kHidden}},
      {"attn_q_norm", {c.query_norm}},
      {"attn_k_norm", {c.query_norm == kHead ? kHead : kKvHeads * kHead}},
      {"ffn_gate", {kHidden, kInner}},
      {"ffn_up", {kHidden, c.up}},
      {"ffn_up.bias", {kInner}},
      {"ffn_down", {kInner, kHidden}},
      {"ffn_gate_inp", {kHidden, kExperts}},
      {"ffn_gate_exps", {kHidden, kExpertInner, kExperts}},
      {"ffn_up_exps", {kHidden, kExpertInner, kExperts}},
      {"ffn_down_exps", {kExpertInner, kHidden, kExperts}},
      {"exp_probs_b.bias", {kExperts}},
      {"ffn_gate_inp_shexp", {kHidden}},
      {"attn_kv_a_mqa", {kHidden, kRank + kRope}},
      {"attn_kv_a_norm", {kRank}},
      {"attn_kv_b", {kRank, kHeads * (kNope + kValue)}},
      {"attn_k_b", {kNope, kRank, kHeads}},
      {"attn_v_b", {kRank, kValue, kHeads}},
  };
  const auto at = dims.find(name);
  return at == dims.end() ? std::vector<uint64_t>{kHidden} : at->second;
}

std::vector<Case> dense_cases() {
  const std::string dense = std::string(kAttention) + kNetwork;
  const std::string behind =
      "attn_q attn_k attn_v attn_output post_attention_norm post_ffw_norm " + std::string(kNetworkOnly);
  const std::string sandwich = dense + "post_attention_norm post_ffw_norm ";
  const std::string norms = "attn_q_norm attn_k_norm ";
  return {
      {.architecture = "llama", .family = "llama", .layer = dense},
      {.architecture = "llama", .family = "mistral", .layer = dense, .keys = window},
      {.architecture = "qwen2", .family = "qwen2", .layer = dense + kBiases},
      {.architecture = "qwen3", .family = "qwen3", .layer = dense + norms},
      {.architecture = "gemma", .family = "gemma", .layer = dense, .model = ""},
      {.architecture = "gemma3", .family = "gemma3", .layer = sandwich + norms, .model = "", .keys = window},
      {.architecture = "phi3",
       .family = "phi3",
       .layer = "attn_norm attn_qkv attn_output ffn_norm ffn_up ffn_down",
       .up = 2 * kInner},
      {.architecture = "olmo2", .family = "olmo2", .layer = behind + norms, .query_norm = kHeads * kHead},
      {.architecture = "olmo2",
       .family = "olmo3",
       .layer = behind + norms,
       .keys = window,
       .query_norm = kHeads * kHead},
      {.architecture = "granite", .family = "granite", .layer = dense},
      {.architecture = "command-r",
       .family = "cohere",
       .layer = std::string(kAttention) + kNetworkOnly,
       .model = ""},
      {.architecture = "cohere2",
       .family = "cohere2",
       .layer = std::string(kAttention) + kNetworkOnly,
       .model = "",
       .keys = window},
      {.architecture = "glm4",
       .family = "glm4",
       .layer =
           std::string(kAttention) + kBiases + "post_attention_norm ffn_norm ffn_up ffn_down post_ffw_norm",
       .up = 2 * kInner},
      {.architecture = "gpt2",
       .family = "gpt2",
       .layer = "attn_norm attn_norm.bias attn_qkv attn_qkv.bias attn_output attn_output.bias ffn_norm "
                "ffn_norm.bias ffn_up ffn_up.bias ffn_down ffn_down.bias",
       .model = "output position_embd output_norm.bias"},
      {.architecture = "exaone4", .family = "exaone4", .layer = behind + norms},
      {.architecture = "ernie4_5", .family = "ernie4_5", .layer = dense, .model = ""},
      {.architecture = "hunyuan-dense", .family = "hunyuan_dense", .layer = dense + norms},
      {.architecture = "seed_oss",
       .family = "seed_oss",
       .layer = std::string(kAttention) + kBiases + "post_attention_norm " + kNetworkOnly},
      {.architecture = "smollm3", .family = "smollm3", .layer = dense, .model = ""}};
}

std::vector<Case> expert_cases() {
  const std::string moe = std::string(kAttention) + "ffn_norm " + kExpertTensors;
  const std::string shared = moe + kSharedTensors;
  const std::string norms = "attn_q_norm attn_k_norm ";
  return {{.architecture = "llama", .family = "mixtral", .layer = moe, .keys = local_experts},
          {.architecture = "qwen2moe",
           .family = "qwen2_moe",
           .layer = shared + kBiases + "ffn_gate_inp_shexp",
           .keys = experts},
          {.architecture = "qwen3moe", .family = "qwen3_moe", .layer = moe + norms, .keys = experts},
          {.architecture = "phimoe",
           .family = "phimoe",
           .layer = moe + kBiases + "attn_output.bias attn_norm.bias ffn_norm.bias",
           .model = "output output.bias output_norm.bias",
           .keys = local_experts},
          {.architecture = "olmoe",
           .family = "olmoe",
           .layer = moe + norms,
           .keys = local_experts,
           .query_norm = kHeads * kHead},
          {.architecture = "granitemoe", .family = "granitemoe", .layer = moe, .keys = local_experts},
          {.architecture = "glm4moe",
           .family = "glm4_moe",
           .layer = std::string(kAttention) + norms + "post_attention_norm " + kExpertTensors +
                    kSharedTensors + "exp_probs_b.bias",
           .keys = sigmoid_experts},
          {.architecture = "ernie4_5-moe",
           .family = "ernie4_5_moe",
           .layer = shared + "exp_probs_b.bias",
           .keys =
               [](GgufImage& g, const std::string& a) {
                 experts(g, a);
                 g.add_u32(a + "leading_dense_block_count", 0).add_u32(a + "interleave_moe_layer_step", 1);
               }},
          {.architecture = "hunyuan-moe", .family = "hunyuan_moe", .layer = shared + norms, .keys = experts},
          {.architecture = "minimax-m2",
           .family = "minimax_m2",
           .layer = moe + norms + "exp_probs_b.bias",
           .keys =
               [](GgufImage& g, const std::string& a) {
                 local_experts(g, a);
                 g.add_u32(a + "expert_gating_func", 2);
               },
           .query_norm = kHeads * kHead},
          {.architecture = "deepseek2",
           .family = "deepseek_v3",
           .layer = "attn_norm attn_q attn_kv_a_mqa attn_kv_a_norm attn_k_b attn_v_b attn_output ffn_norm " +
                    std::string(kExpertTensors) + kSharedTensors + "exp_probs_b.bias",
           .keys = latent},
          {.architecture = "deepseek2",
           .family = "deepseek_v2",
           .layer = "attn_norm attn_q attn_kv_a_mqa attn_kv_a_norm attn_kv_b attn_output ffn_norm " +
                    std::string(kExpertTensors) + kSharedTensors,
           .keys = older_latent}};
}

void add_tensor(GgufImage& g, const std::string& prefix, const std::string& name,
                std::vector<uint64_t> dims) {
  uint64_t bytes = 4;
  for (const uint64_t dim : dims) bytes *= dim;
  const bool bias = name.ends_with(".bias");
  g.add_tensor(prefix + name + (bias ? "" : ".weight"), std::move(dims), 0, std::string(bytes, '\0'));
}

/// Sizes that differ between the architectures are those of their experts: of the networks' width in some,
/// and the latent heads'.
std::vector<uint64_t> dims_in(const std::string& name, const Case& c) {
  std::vector<uint64_t> dims = dims_of(name, c);
  const bool as_wide = c.family == "mixtral" || c.family == "phimoe" || c.family == "olmoe" ||
                       c.family == "granitemoe" || c.family == "minimax_m2";
  const uint64_t shared = c.family == "qwen2_moe"     ? kShared
                          : c.family == "hunyuan_moe" ? kInner
                                                      : kExpertInner;
  if (name.ends_with("_exps") && as_wide) std::replace(dims.begin(), dims.end(), kExpertInner, kInner);
  if (name == "ffn_gate_shexp" || name == "ffn_up_shexp") return {kHidden, shared};
  if (name == "ffn_down_shexp") return {shared, kHidden};
  if (!c.family.starts_with("deepseek")) return dims;
  if (name == "attn_q") return {kHidden, kHeads * (kNope + kRope)};
  return name == "attn_output" ? std::vector<uint64_t>{kHeads * kValue, kHidden} : dims;
}

GgufImage image_of(const Case& c) {
  GgufImage g;
  const std::string a = c.architecture + ".";
  const bool latent = c.family.starts_with("deepseek");
  g.add_string("general.architecture", c.architecture).add_u32(a + "block_count", 2);
  g.add_u32(a + "embedding_length", kHidden).add_u32(a + "feed_forward_length", kInner);
  g.add_u32(a + "context_length", 64).add_u32(a + "vocab_size", kVocab);
  g.add_u32(a + "attention.head_count", kHeads);
  g.add_u32(a + "attention.head_count_kv", latent ? 1 : kKvHeads);
  g.add_u32(a + "attention.key_length", latent ? kNope + kRope : kHead);
  g.add_u32(a + "attention.value_length", latent ? kValue : kHead);
  g.add_u32(a + "rope.dimension_count", latent ? kRope : kHead);
  g.add_f32(a + "attention.layer_norm_rms_epsilon", 1e-5f).add_f32(a + "attention.layer_norm_epsilon", 1e-5f);
  c.keys(g, a);
  std::istringstream model("token_embd output_norm " + c.model);
  for (std::string name; model >> name;) add_tensor(g, "", name, dims_in(name, c));
  for (const char* layer : {"blk.0.", "blk.1."}) {
    std::istringstream names(c.layer);
    for (std::string name; names >> name;) add_tensor(g, layer, name, dims_in(name, c));
  }
  return g;
}

/// Every weight of the graph is a tensor of its shape, and every tensor is read.
void check(const Case& c) {
  const test::TemporaryFolder folder;
  const auto checkpoint = io::open(folder.write("m.gguf", image_of(c).bytes()));
  const graph::Model model = graph::build_model(checkpoint->config());
  CHECK(model.family == c.family);
  std::set<std::string> read;
  for (const graph::Value& value : model.main.values) {
    const graph::Weight* weight = value.weight();
    if (weight == nullptr) continue;
    REQUIRE(weight->tensors.size() == 1);
    const stored::StoredMatrix m = stored::stored_matrix(*checkpoint, weight->tensors.front());
    CHECK_MESSAGE(m.rows == weight->experts * weight->rows, value.name);
    CHECK_MESSAGE(m.cols == weight->cols, value.name);
    for (const io::Tensor* part : m.parts) read.insert(part->stored_name);
  }
  for (const io::Tensor& tensor : checkpoint->tensors())
    CHECK_MESSAGE(read.contains(tensor.stored_name), tensor.stored_name << " is not read");
}

}  // namespace

TEST_CASE("GGUF: keys and tensor names of every architecture") {
  for (const std::vector<Case>& cases : {dense_cases(), expert_cases()}) {
    for (const Case& c : cases) {
      CAPTURE(c.architecture);
      CAPTURE(c.family);
      CHECK_NOTHROW(check(c));
    }
  }
}
