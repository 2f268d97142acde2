#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "graph/models/models.h"
#include "graph/parameters.h"
#include "graph/passes/choose_formats.h"
#include "graph/passes/set_cache_format.h"
#include "graph/work.h"
#include "host/io/config_json.h"

using namespace clinfer;

namespace {

/// Published figures of a model. Total and active count embedding and head whole (once where they are tied)
/// and leave the draft module out; where a publisher leaves the embedding out, `active` is ours and the
/// comment has theirs.
struct Published {
  std::string file;
  double total;                  ///< 10^9
  double active;                 ///< 10^9; equal to total: dense
  double cache_bytes_per_token;  ///< in bf16
};

const Published kPublished[] = {
    {"deepseek_v3", 671.03, 37.55, 70272},     // 671 B and 37 B
    {"deepseek_v2", 235.74, 21.38, 69120},     // 236 B and 21 B
    {"deepseek_v2_lite", 15.71, 2.66, 31104},  // 16 B and 2.4 B without the embedding
    {"kimi_k2", 1026.4, 32.9, 70272},          // 1 T and 32 B
    {"llama_3.1_8b", 8.03, 8.03, 131072},
    {"llama_3.2_1b", 1.236, 1.236, 32768},
    {"mistral_7b", 7.24, 7.24, 131072},
    {"mistral_nemo_12b", 12.25, 12.25, 163840},
    {"mixtral_8x7b", 46.70, 12.88, 131072},
    {"qwen2.5_7b", 7.62, 7.62, 57344},
    {"qwen1.5_moe_a2.7b", 14.32, 2.69, 196608},
    {"qwen3_8b", 8.19, 8.19, 147456},
    {"qwen3_30b_a3b", 30.53, 3.35, 98304},
    {"glm4_9b", 9.40, 9.40, 40960},
    {"glm4.5_air", 106.85, 13.42, 188416},  // 106 B and 12 B
    {"gemma_2b", 2.51, 2.51, 18432},
    {"gemma2_9b", 9.24, 9.24, 344064},
    {"gemma3_1b", 1.00, 1.00, 26624},
    {"gpt_oss_20b", 20.91, 4.19, 49152},  // 20.9 B and 3.6 B without the embedding
    {"qwen3_next_80b_a3b", 79.67, 3.87, 24576},
    {"phi_2", 2.78, 2.78, 327680},
    {"phi_3_mini_4k", 3.82, 3.82, 393216},
    {"phi_3.5_moe", 41.87, 6.64, 131072},
    {"olmo2_7b", 7.30, 7.30, 524288},
    {"olmo3_7b", 7.30, 7.30, 524288},
    {"olmoe_1b_7b", 6.92, 1.28, 131072},
    {"exaone4_1.2b", 1.28, 1.28, 61440},
    {"granite_3.1_8b", 8.17, 8.17, 163840},
    {"granite_3.1_3b_a800m", 3.30, 0.88, 65536},
    {"command_r_35b", 34.98, 34.98, 1310720},
    {"command_r7b", 8.03, 8.03, 131072},
    {"hunyuan_7b", 7.50, 7.50, 131072},
    {"hunyuan_a13b", 80.39, 12.75, 131072},  // 80 B and 13 B
    {"ernie_4.5_0.3b", 0.361, 0.361, 18432},
    {"ernie_4.5_21b_a3b", 21.83, 3.35, 57344},  // 21 B and 3 B
    {"smollm2_135m", 0.1345, 0.1345, 23040},
    {"smollm3_3b", 3.08, 3.08, 73728},
    {"seed_oss_36b", 36.15, 36.15, 262144},
    {"minimax_m2", 228.7, 11.03, 253952},  // 230 B and 10 B
    {"gpt2", 0.12444, 0.12444, 36864},
};

graph::Model model_of(const std::string& name) {
  return graph::build_model(io::read_config_json("configs/architectures/" + name + ".json"), {.draft = true});
}

/// Equal to three digits.
bool close(double found, double published) {
  return std::abs(found - published) <= 0.005 * published;
}

graph::Graph in_bf16(graph::Graph graph) {
  graph::choose_formats(graph, "bf16", [](const std::string&) { return std::string("bf16"); });
  graph::set_cache_format(graph, "bf16");
  return graph;
}

}  // namespace

TEST_CASE("published configurations have the parameters and caches that their publishers state") {
  std::set<std::string> checked;
  for (const Published& p : kPublished) {
    CAPTURE(p.file);
    const graph::Model model = model_of(p.file);
    const graph::Parameters all = graph::count_parameters(model.main);
    CHECK_MESSAGE(close(static_cast<double>(all.total) / 1e9, p.total), p.file << " " << all.total);
    CHECK_MESSAGE(close(static_cast<double>(all.active) / 1e9, p.active), p.file << " " << all.active);
    CHECK(graph::cache_bytes_per_token(model.main, "bf16") == p.cache_bytes_per_token);
    graph::Parameters sum;
    for (const graph::RoleParameters& role : graph::count_parameters_by_role(model.main)) {
      sum.total += role.parameters.total;
      sum.active += role.parameters.active;
    }
    CHECK(sum == all);
    checked.insert(p.file);
  }
  for (const auto& entry : std::filesystem::directory_iterator("configs/architectures"))
    CHECK_MESSAGE(checked.contains(entry.path().stem().string()), entry.path());
}

TEST_CASE("DeepSeek-V3's parts and draft module") {
  const graph::Model model = model_of("deepseek_v3");
  const auto roles = graph::count_parameters_by_role(model.main);
  REQUIRE(roles.size() == 8);
  CHECK(roles[0].role == "embedding");
  CHECK(roles[0].parameters.total == 129280LL * 7168);
  CHECK(roles[1].role == "attention");
  CHECK(roles[1].parameters.total == 61LL * 187105280);  // q_a, q_b, kv_a, kv_b, o
  CHECK(roles[3].role == "experts");
  CHECK(roles[3].parameters.total == 58LL * 256 * 3 * 7168 * 2048);
  CHECK(roles[3].parameters.active == 58LL * 8 * 3 * 7168 * 2048);
  REQUIRE(model.draft.has_value());
  const graph::Parameters own = graph::count_parameters_beside(*model.draft, model.main);
  CHECK(close(static_cast<double>(own.total) / 1e9, 11.6));  // one more layer and eh_proj
  CHECK(graph::count_parameters(*model.draft).total - own.total == 2LL * 129280 * 7168);
}

TEST_CASE("work of a call: weights read once, routed experts by expectation, caches as far as masks reach") {
  const graph::Graph llama = in_bf16(model_of("llama_3.1_8b").main);
  const graph::Work decode = graph::work_of(llama, {1, 1, 1025});
  const double matrices = 2 * (8030261248.0 - 128256.0 * 4096);  // all but the embedding
  CHECK(std::abs(decode.weight_bytes / matrices - 1) < 1e-3);
  CHECK(decode.cache_bytes == 1025.0 * 131072);
  // Two operations a matrix element, and 4 heads * dim a layer for each token attended to, with softmax.
  const double attention = 1025.0 * 32 * (4 * 4096 + 5 * 32);
  CHECK(std::abs(decode.flops / (matrices + attention) - 1) < 1e-3);
  const graph::Work prefill = graph::work_of(llama, {512, 1, 512});
  CHECK(prefill.weight_bytes < 1.001 * decode.weight_bytes);
  CHECK(prefill.flops > 400 * decode.flops);

  const graph::Graph mixtral = in_bf16(model_of("mixtral_8x7b").main);
  const double one = graph::work_of(mixtral, {1, 1, 1}).weight_bytes;
  const double two = graph::work_of(mixtral, {2, 1, 2}).weight_bytes;
  const double expert = 2.0 * 32 * 3 * 4096 * 14336;
  CHECK(std::abs((two - one) / (1.5 * expert) - 1) < 1e-3);  // 8 (1 - (3/4)^2) = 3.5 experts of 8

  const graph::Graph gemma = in_bf16(model_of("gemma3_1b").main);
  const double row = 2.0 * 2 * 256;  // 22 of 26 layers see 512 tokens
  CHECK(graph::work_of(gemma, {1, 1, 8192}).cache_bytes == row * (22 * 512 + 4 * 8192));
}
