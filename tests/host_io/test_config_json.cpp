#include <doctest/doctest.h>

#include "host/io/config_json.h"
#include "host/io/json_value.h"
#include "host/io/text_part.h"
#include "tests/host_io/fault_message.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
using namespace clinfer::test;

namespace {

struct BadJson {
  const char* label;
  std::string text;
  std::string part;
};

graph::Meta config_of(const std::string& json) {
  const TemporaryFolder folder;
  return io::read_config_json(folder.write("config.json", json));
}

bool equal(const graph::MetaValue& a, const graph::MetaValue& b);

bool equal(const graph::MetaValue::Object& a, const graph::MetaValue::Object& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && equal(x.second, y.second);
  });
}

bool equal(const graph::MetaValue& a, const graph::MetaValue& b) {
  const auto* object_a = std::get_if<graph::MetaValue::Object>(&a.data);
  const auto* object_b = std::get_if<graph::MetaValue::Object>(&b.data);
  if (object_a != nullptr && object_b != nullptr) return equal(*object_a, *object_b);
  if (const auto* text = std::get_if<std::string>(&a.data)) {
    const auto* other = std::get_if<std::string>(&b.data);
    return other != nullptr && *text == *other;
  }
  if (const auto* number = std::get_if<double>(&a.data)) {
    const auto* other = std::get_if<double>(&b.data);
    return other != nullptr && *number == *other;
  }
  if (const auto* number = std::get_if<int64_t>(&a.data)) {
    const auto* other = std::get_if<int64_t>(&b.data);
    return other != nullptr && *number == *other;
  }
  return a.data.index() == b.data.index();
}

}  // namespace

TEST_CASE("of a model of text and images the text model's configuration is read") {
  const graph::Meta config = config_of(
      R"({"model_type":"llama4","torch_dtype":"bfloat16","hidden_size":7,"eos_token_id":[1,2],
          "vision_config":{"hidden_size":8},"quantization_config":{"quant_method":"fp8"},
          "text_config":{"model_type":"llama4_text","hidden_size":64,"eos_token_id":3,
                         "rope_scaling":{"type":"mrope","mrope_section":[1,2]}}})");
  CHECK(io::is_text_part(config));
  CHECK(config.string("model_type") == "llama4_text");
  CHECK(config.integer("hidden_size", 1, 100) == 64);
  CHECK(config.integers("eos_token_id") == std::vector<int64_t>{3});
  CHECK(config.string("torch_dtype") == "bfloat16");
  CHECK(config.object("quantization_config").string("quant_method") == "fp8");
  CHECK(!config.has("vision_config"));
  CHECK(!config.has("rope_scaling"));
  CHECK(!io::is_text_part(config_of(R"({"model_type":"x","text_config":{"hidden_size":1}})")));
  CHECK(io::text_tensor_name("language_model.model.norm.weight") == "model.norm.weight");
  CHECK(io::text_tensor_name("model.language_model.norm.weight") == "model.norm.weight");
  CHECK(io::text_tensor_name("language_model.lm_head.weight") == "lm_head.weight");
  CHECK(io::text_tensor_name("vision_tower.patch.weight") == "vision_tower.patch.weight");
}

TEST_CASE("bad config files are refused") {
  const TemporaryFolder folder;
  const std::string huge_list = "{\"a\":[" + std::string(2'200'000, '1') + "]}";
  std::string many = "{\"a\":[0";
  for (int i = 0; i < 1'100'000; ++i) many += ",0";
  const std::vector<BadJson> table = {
      {"empty", "", "the file is empty"},
      {"blank", "  ", "not valid JSON"},
      {"not JSON", "model_type: llama", "not valid JSON"},
      {"cut", "{\"a\": 1", "not valid JSON"},
      {"array", "[1]", "expected a JSON object"},
      {"string", "\"x\"", "expected a JSON object"},
      {"duplicate key", "{\"a\": 1, \"a\": 2}", "key 'a' stands twice"},
      {"nested duplicate", "{\"x\": {\"a\": 1, \"a\": 2}}", "key 'a' stands twice"},
      {"invalid UTF-8", "{\"a\": \"\xff\"}", "not valid JSON"},
      {"NaN", "{\"rope_theta\": NaN}", "not valid JSON"},
      {"Infinity", "{\"rope_theta\": Infinity}", "not valid JSON"},
      {"1e400", "{\"rope_theta\": 1e400}", "not valid JSON"},
      {"comment", "{\"a\": 1 // no\n}", "not valid JSON"},
      {"trailing comma", "{\"a\": 1,}", "not valid JSON"},
      {"depth 65", "{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}", "nested deeper than 64"},
      {"depth 100000", "{\"a\":" + std::string(100'000, '['), "nested deeper than 64"},
      {"digits", huge_list, "not valid JSON"},
      {"too many values", many + "]}", "more than 1048576 JSON values"},
      {"17 MiB", "{\"a\":\"" + std::string(size_t{17} << 20, 'x') + "\"}", "at most 16777216 bytes"},
  };
  for (const BadJson& bad : table) {
    CAPTURE(bad.label);
    const std::string path = folder.write("config.json", bad.text);
    const std::string message = fault_message(Fault::model, [&] { io::read_config_json(path); });
    CHECK_MESSAGE(contains(message, path + ": "), message);
    CHECK_MESSAGE(contains(message, bad.part), message);
  }
  const std::string deepest = "{\"a\":" + std::string(63, '[') + std::string(63, ']') + "}";
  CHECK(config_of(deepest).has("a"));
}

TEST_CASE("transformers 5 spelling gains the older keys") {
  for (const std::string name : {"llama2", "llama3_bf16_sharded", "llama3_scaled", "deepseek_v3",
                                 "qwen2_swa_yarn", "qwen3", "deepseek_v3_noqlora"}) {
    CAPTURE(name);
    const std::string folder = "tests/data/families/" + name + "/";
    const graph::Meta old_spelling = io::read_config_json(folder + "config.json");
    const graph::Meta new_spelling = io::read_config_json(folder + "config.v5.json");
    REQUIRE(new_spelling.values().contains("rope_parameters"));
    CHECK(new_spelling.number("rope_theta") == old_spelling.number("rope_theta"));
    CHECK(new_spelling.string("torch_dtype") == old_spelling.string("torch_dtype"));
    CHECK(new_spelling.values().contains("rope_scaling"));
    graph::MetaValue::Object expected = old_spelling.object("rope_scaling").values();
    CHECK(equal(new_spelling.object("rope_scaling").values(), expected));
  }
}

TEST_CASE("what is there is not overwritten") {
  const graph::Meta config = config_of(R"({"rope_theta": 5.0, "torch_dtype": "float16", "dtype": "float32",
      "rope_parameters": {"rope_type": "linear", "rope_theta": 7.0, "factor": 2.0, "partial_rotary_factor": 0.5}})");
  CHECK(config.number("rope_theta") == 5.0);
  CHECK(config.string("torch_dtype") == "float16");
  CHECK(config.number("partial_rotary_factor") == 0.5);
  CHECK(config.object("rope_scaling").number("factor") == 2.0);
  CHECK_FALSE(config.object("rope_scaling").has("rope_theta"));
}

TEST_CASE("both spellings of the scaling's type") {
  const graph::Meta older = config_of(R"({"rope_scaling": {"type": "yarn", "factor": 4.0}})");
  CHECK(older.object("rope_scaling").string("rope_type") == "yarn");
  CHECK_FALSE(older.object("rope_scaling").has("type"));
  const graph::Meta both = config_of(R"({"rope_scaling": {"type": "linear", "rope_type": "llama3"}})");
  CHECK(both.object("rope_scaling").string("rope_type") == "llama3");
  CHECK_FALSE(config_of(R"({"rope_scaling": {"type": "default"}})").has("rope_scaling"));
  CHECK_FALSE(config_of(R"({"rope_scaling": null})").has("rope_scaling"));
  const graph::Meta per_layer_kind = config_of(R"({"rope_parameters": {"full": {"rope_type": "default"}}})");
  CHECK_FALSE(per_layer_kind.has("rope_theta"));
}
