#include <doctest/doctest.h>

#include <algorithm>

#include "graph/models/models.h"
#include "graph/parameters.h"
#include "host/io/config_json.h"
#include "quant/error.h"
#include "tests/host_io/fault_message.h"

using namespace clinfer;
using graph::Meta;
using graph::MetaValue;

namespace {

using Changes = std::vector<std::pair<std::string, MetaValue>>;

graph::Model model_of(const std::string& family, const Changes& changes = {}) {
  MetaValue::Object values = io::read_config_json("tests/data/families/" + family + "/config.json").values();
  for (const auto& [key, value] : changes) values[key] = value;
  return graph::build_model(Meta("config.json", Meta::Source::config_json, std::move(values)));
}

MetaValue integer(int64_t value) {
  return MetaValue(value);
}

MetaValue list_of(const std::vector<std::string>& texts) {
  MetaValue::Array list;
  for (const std::string& text : texts) list.push_back(MetaValue(text));
  return MetaValue(std::move(list));
}

void check_refused(const std::string& family, const std::string& key, const MetaValue& value) {
  const std::string message = test::fault_message(Fault::model, [&] { model_of(family, {{key, value}}); });
  CHECK_MESSAGE(test::contains(message, key), family << ": " << message);
}

int64_t count_of(const graph::Graph& graph, std::string_view op) {
  return std::count_if(graph.nodes.begin(), graph.nodes.end(),
                       [&](const graph::Node& node) { return graph::name_of(node.op) == op; });
}

}  // namespace

TEST_CASE("a state takes as many bytes for any context") {
  // The sizes of Qwen3-Next-80B-A3B; few experts, which have no part in this.
  const graph::Model model = model_of("qwen3_next", {{"num_hidden_layers", integer(48)},
                                                     {"layer_types", MetaValue()},
                                                     {"hidden_size", integer(2048)},
                                                     {"head_dim", integer(256)},
                                                     {"num_attention_heads", integer(16)},
                                                     {"num_key_value_heads", integer(2)},
                                                     {"linear_num_key_heads", integer(16)},
                                                     {"linear_num_value_heads", integer(32)},
                                                     {"linear_key_head_dim", integer(128)},
                                                     {"linear_value_head_dim", integer(128)}});
  CHECK(count_of(model.main, "linear_attention") == 36);
  CHECK(count_of(model.main, "attention") == 12);
  const double states = 36 * (32 * 128 * 128 + 3 * (2 * 2048 + 4096)) * 4.0;
  const double token = 12 * 2 * 2 * 256 * 2.0;
  CHECK(graph::state_bytes(model.main) == states);
  CHECK(graph::cache_bytes_per_token(model.main, "bf16") == token);
  CHECK(graph::cache_bytes(model.main, "bf16", 1000) == states + 1000 * token);
}

TEST_CASE("recurrent layers are found in every spelling") {
  for (const char* family : {"qwen3_next", "qwen3_5", "kimi_linear"}) {
    const graph::Graph graph = model_of(family).main;
    CHECK_MESSAGE(count_of(graph, "linear_attention") == 3, family);
    CHECK_MESSAGE(count_of(graph, "attention") + count_of(graph, "latent_attention") == 1, family);
  }
  const auto of_all = [](const graph::Graph& graph, std::string_view stored) {
    return std::count_if(graph.values.begin(), graph.values.end(), [&](const graph::Value& value) {
      return value.weight() != nullptr && value.name.find(stored) != std::string::npos;
    });
  };
  MetaValue::Object linear;
  linear["num_heads"] = integer(4);
  linear["head_dim"] = integer(16);
  linear["short_conv_kernel_size"] = integer(4);
  linear["kda_layers"] = MetaValue(MetaValue::Array{integer(1), integer(3)});
  const graph::Graph published =
      model_of("kimi_linear", {{"linear_attn_config", MetaValue(linear)}, {"layer_types", MetaValue()}}).main;
  CHECK(count_of(published, "linear_attention") == 2);
  CHECK(of_all(published, "layers.0.mlp.gate_proj") == 1);
  CHECK(of_all(model_of("kimi_linear").main, "layers.0.block_sparse_moe.gate_proj") == 1);
}

TEST_CASE("configurations of recurrent models that contradict themselves are refused by key") {
  check_refused("qwen3_next", "linear_num_value_heads", integer(3));
  check_refused("qwen3_next", "linear_conv_kernel_dim", integer(1));
  check_refused("qwen3_next", "linear_key_head_dim", integer(0));
  check_refused("qwen3_5", "layer_types", list_of({"linear_attention"}));
  check_refused("qwen3_5", "layer_types",
                list_of({"linear_attention", "full_attention", "sliding_attention", "full_attention"}));
  check_refused("kimi_linear", "num_experts_per_token", integer(9));
  check_refused("kimi_linear", "num_expert_group", integer(3));
  check_refused("kimi_linear", "mlp_layer_types", list_of({"dense"}));
  check_refused("kimi_linear", "moe_router_activation_func", MetaValue(std::string("tanh")));
  MetaValue::Object linear;
  linear["num_heads"] = integer(4);
  linear["head_dim"] = integer(16);
  linear["kda_layers"] = integer(5);
  check_refused("kimi_linear", "linear_attn_config", MetaValue(linear));
  check_refused("minimax", "linear_attn_alpha_factor", integer(0));
  check_refused("minimax", "rotary_dim", integer(17));
}
