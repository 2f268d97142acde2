// Models whose latent attention reads chosen rows: graphs from small configurations.
#include <doctest/doctest.h>

#include <algorithm>

#include "graph/models/models.h"
#include "graph/parameters.h"
#include "tests/graph/operands.h"

using namespace clinfer::graph;

namespace {

using Changes = std::vector<std::pair<std::string, MetaValue>>;

MetaValue integer(int64_t value) {
  return MetaValue(value);
}

MetaValue texts(const std::vector<std::string>& values) {
  MetaValue::Array list;
  for (const std::string& value : values) list.emplace_back(value);
  return MetaValue(std::move(list));
}

Meta config_of(const std::string& type, const Changes& changes) {
  MetaValue::Object values;
  values["model_type"] = MetaValue(type);
  const std::pair<const char*, int64_t> integers[] = {
      {"hidden_size", 32},     {"num_hidden_layers", 4},   {"num_attention_heads", 2},
      {"vocab_size", 64},      {"intermediate_size", 32},  {"moe_intermediate_size", 16},
      {"n_routed_experts", 4}, {"num_experts_per_tok", 2}, {"max_position_embeddings", 128},
      {"q_lora_rank", 16},     {"kv_lora_rank", 16},       {"qk_nope_head_dim", 8},
      {"qk_rope_head_dim", 8}, {"v_head_dim", 8},          {"index_n_heads", 2},
      {"index_head_dim", 16},  {"index_topk", 32},         {"num_nextn_predict_layers", 1}};
  for (const auto& [key, value] : integers) values[key] = integer(value);
  for (const auto& [key, value] : changes) values[key] = value;
  return {"config.json", Meta::Source::config_json, std::move(values)};
}

Model build(const Changes& changes, const BuildOptions& options = {},
            const std::string& type = "deepseek_v32") {
  return build_model(config_of(type, changes), options);
}

template <typename AnyOp>
std::vector<const Node*> nodes_of(const Graph& graph) {
  std::vector<const Node*> found;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<AnyOp>(node.op)) found.push_back(&node);
  }
  return found;
}

/// The indexer whose rows each layer's attention reads.
std::vector<std::string> readers(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node* node : nodes_of<LatentAttention>(graph)) {
    const std::string& name = graph.value(node->inputs.at(4)).name;
    names.push_back(name.substr(std::string("model.layers.").size(), 1));
  }
  return names;
}

}  // namespace

TEST_CASE("each layer has an indexer with a cache of keys, the draft module too") {
  const Model model = build({}, {.draft = true});
  CHECK(readers(model.main) == std::vector<std::string>{"0", "1", "2", "3"});
  for (const Node* node : nodes_of<LatentAttention>(model.main))
    CHECK(std::get<LatentAttention>(node->op).selected == 32);
  REQUIRE(model.draft.has_value());
  CHECK(nodes_of<LightningIndexer>(*model.draft).size() == 1);
  // 16 latents, 8 rotated columns and a key of 16 a layer.
  CHECK(cache_bytes_per_token(model.main, "f32") == 4 * (16 + 8 + 16) * 4);
}

TEST_CASE("no indexer where a sequence fits in what it chooses") {
  const std::pair<int64_t, size_t> expected[] = {{0, 4}, {32, 0}, {33, 4}};
  for (const auto& [context, nodes] : expected)
    CHECK(nodes_of<LightningIndexer>(build({}, {.context = context}).main).size() == nodes);
  CHECK(nodes_of<LightningIndexer>(build({{"index_topk", integer(128)}}).main).empty());
}

TEST_CASE("layers that share an indexer read the rows of the last one that has its own") {
  CHECK(readers(build({{"indexer_types", texts({"full", "shared", "full", "shared"})}}).main) ==
        std::vector<std::string>{"0", "0", "2", "2"});
  CHECK(readers(build({{"index_topk_pattern", MetaValue(std::string("FSSF"))}}).main) ==
        std::vector<std::string>{"0", "0", "0", "3"});
  // Layers 0 and 1 have their own, then every second.
  CHECK(readers(build({{"index_topk_freq", integer(2)}}).main) ==
        std::vector<std::string>{"0", "1", "1", "3"});
}

TEST_CASE("an indexer rotates the first columns, in halves or side by side") {
  const auto pairings = [](const Graph& graph) {
    std::vector<RopePairing> found;
    for (const Node* node : nodes_of<Rope>(graph)) {
      if (node->name.find("indexer") == std::string::npos) continue;
      const auto& rope = std::get<Rope>(node->op);
      CHECK(rope.head_dim == 16);
      CHECK(rope.offset == 0);
      CHECK(rope.rope_dim == 8);
      found.push_back(rope.pairing);
    }
    return found;
  };
  const auto all = [](RopePairing pairing) { return std::vector<RopePairing>(8, pairing); };
  CHECK(pairings(build({}).main) == all(RopePairing::half));
  CHECK(pairings(build({}, {}, "glm_moe_dsa").main) == all(RopePairing::interleaved));
  CHECK(pairings(build({{"indexer_rope_interleave", MetaValue(false)}}, {}, "glm_moe_dsa").main) ==
        all(RopePairing::half));
}

TEST_CASE("configurations of an indexer that contradict themselves are refused by key") {
  const std::vector<std::pair<std::string, MetaValue>> wrong = {
      {"index_head_dim", integer(4)},
      {"index_topk", integer(0)},
      {"index_n_heads", integer(-1)},
      {"q_lora_rank", integer(0)},
      {"indexer_types", texts({"full", "full"})},
      {"indexer_types", texts({"shared", "full", "full", "full"})},
      {"indexer_types", texts({"full", "half", "full", "full"})},
      {"index_topk_pattern", MetaValue(std::string("FFF"))},
      {"index_topk_pattern", MetaValue(std::string("FSXF"))}};
  for (const auto& [key, value] : wrong) {
    const std::string message = error_of([&, k = key, v = value] { build({{k, v}}); });
    CHECK_MESSAGE(message.find(key) != std::string::npos, key << ": " << message);
  }
}
