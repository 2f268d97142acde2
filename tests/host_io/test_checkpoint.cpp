#include <doctest/doctest.h>

#include <cstring>

#include "host/io/checkpoint.h"
#include "host/io/gguf_metadata.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_io/safetensors_image.h"
#include "tests/model/generated_model.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
using namespace clinfer::test;

namespace {

const char* const kFamilies[] = {
    "llama2", "llama3_bf16_sharded", "llama3_scaled",       "llama_bias",     "qwen2", "qwen2_swa_yarn",
    "qwen3",  "deepseek_v3",         "deepseek_v3_noqlora", "deepseek_v3_fp8"};

std::string open_message(const std::string& path) {
  return fault_message(Fault::model, [&] { io::open(path); });
}

/// A folder with config.json and two shards: "a" (2 floats) in one.safetensors, "b" in two.safetensors.
void write_sharded(const TemporaryFolder& folder, const std::string& weight_map) {
  folder.write("config.json", "{\"model_type\":\"llama\"}");
  folder.write("one.safetensors", safetensors_of(entry("a", "F32", "[2]", "[0,8]"), 8));
  folder.write("two.safetensors", safetensors_of(entry("b", "F32", "[2]", "[0,8]"), 8));
  folder.write("model.safetensors.index.json", "{\"metadata\":{},\"weight_map\":" + weight_map + "}");
}

}  // namespace

TEST_CASE("the small models open") {
  for (const char* family : kFamilies) {
    CAPTURE(family);
    const auto checkpoint = io::open(tests::generated_model(family));
    CHECK(checkpoint->config().integer("vocab_size", 320, 320) == 320);
    CHECK(checkpoint->generation_config().empty());
    CHECK(io::gguf_metadata(*checkpoint) == nullptr);
    const io::Tensor* embedding = checkpoint->find("model.embed_tokens.weight");
    REQUIRE(embedding != nullptr);
    CHECK(embedding->shape[0] == 320);
    CHECK(embedding->shape[1] == checkpoint->config().integer("hidden_size", 1, 4096));
    uint64_t bytes = 0;
    for (const io::Tensor& tensor : checkpoint->tensors()) bytes += tensor.bytes.size();
    CHECK(bytes < checkpoint->file_bytes());
    CHECK(bytes > checkpoint->file_bytes() * 9 / 10);
    for (size_t i = 1; i < checkpoint->tensors().size(); ++i) {
      CHECK(checkpoint->tensors()[i - 1].name < checkpoint->tensors()[i].name);
    }
    checkpoint->release(*embedding);
  }
}

TEST_CASE("a sharded folder gives each tensor its file") {
  const auto checkpoint = io::open(tests::generated_model("llama3_bf16_sharded"));
  REQUIRE(checkpoint->files().size() == 2);
  std::vector<size_t> count(2);
  for (const io::Tensor& tensor : checkpoint->tensors()) ++count[static_cast<size_t>(tensor.file)];
  CHECK(count[0] > 0);
  CHECK(count[1] > 0);
  CHECK(checkpoint->find("model.embed_tokens.weight")->format == "bf16");
}

TEST_CASE("tensors of a model of text and images have the names that the text model gives them") {
  const TemporaryFolder folder;
  folder.write("config.json", R"({"model_type":"mistral3","text_config":{"model_type":"mistral"}})");
  folder.write("one.safetensors", safetensors_of(entry("language_model.model.a", "F32", "[2]", "[0,8]"), 8));
  folder.write("two.safetensors", safetensors_of(entry("vision_tower.b", "F32", "[2]", "[0,8]"), 8));
  folder.write("model.safetensors.index.json",
               R"({"weight_map":{"language_model.model.a":"one.safetensors",
                                 "vision_tower.b":"two.safetensors"}})");
  const auto checkpoint = io::open(folder.path());
  REQUIRE(checkpoint->find("model.a") != nullptr);
  CHECK(checkpoint->find("model.a")->stored_name == "language_model.model.a");
  CHECK(checkpoint->find("vision_tower.b") != nullptr);
}

TEST_CASE("FP8 weights keep their format and have scales beside them") {
  const auto checkpoint = io::open(tests::generated_model("deepseek_v3_fp8"));
  const io::Tensor* weight = checkpoint->find("model.layers.0.mlp.gate_proj.weight");
  const io::Tensor* scale = checkpoint->find("model.layers.0.mlp.gate_proj.weight_scale_inv");
  REQUIRE(weight != nullptr);
  REQUIRE(scale != nullptr);
  CHECK(weight->format == "f8_e4m3");
  CHECK(scale->format == "f32");
  CHECK(scale->shape[0] == (weight->shape[0] + 127) / 128);
  CHECK(checkpoint->config().object("quantization_config").integers("weight_block_size") ==
        std::vector<int64_t>{128, 128});
}

TEST_CASE("every way to name a checkpoint") {
  const std::string llama = tests::generated_model("llama2");
  const std::string sharded = tests::generated_model("llama3_bf16_sharded");
  const auto tensors = [](const std::string& path) { return io::open(path)->tensors().size(); };
  const size_t count = tensors(llama);
  CHECK(tensors(llama + "/") == count);
  CHECK(tensors(llama + "/config.json") == count);
  CHECK(tensors(llama + "/model.safetensors") == count);
  CHECK(tensors(sharded + "/model.safetensors.index.json") == tensors(sharded));
}

TEST_CASE("what is missing is named") {
  const TemporaryFolder folder;
  CHECK(open_message(folder.file("none")) == folder.file("none") + ": no such file or folder");
  CHECK(contains(open_message(folder.path()), "no model.safetensors or model.safetensors.index.json in"));
  folder.write("q4.gguf", "x");
  CHECK(contains(open_message(folder.path()), "give one of its model files: q4.gguf"));
  folder.write("model.safetensors", safetensors_image("{}", 0));
  CHECK(open_message(folder.path()) == "no config.json in " + folder.path());
  CHECK(open_message(folder.file("model.safetensors")) == "no config.json in " + folder.path());
  CHECK(contains(open_message(folder.write("x.bin", "x")), "expected a folder with config.json"));
  CHECK(contains(open_message("/dev/zero"), "/dev/zero: expected"));
  folder.write("config.json", "{}");
  CHECK(io::open(folder.path())->tensors().empty());
  folder.write("generation_config.json", "[]");
  CHECK(contains(open_message(folder.path()), "generation_config.json: expected a JSON object"));
}

TEST_CASE("bad shard indexes are refused") {
  struct BadIndex {
    const char* label;
    std::string weight_map;
    std::string part;
  };
  const std::string a = "\"a\":\"one.safetensors\"";
  const std::string b = "\"b\":\"two.safetensors\"";
  const std::vector<BadIndex> table = {
      {"not an object", "[]", "weight_map"},
      {"empty", "{}", "weight_map"},
      {"shard that is a number", "{\"a\":1}", "tensor 'a'"},
      {"missing shard", "{" + a + ",\"b\":\"three.safetensors\"}", "shard 'three.safetensors' is missing"},
      {"shard outside", "{\"a\":\"../../etc/passwd.safetensors\"}", "plain file name"},
      {"absolute shard", "{\"a\":\"/etc/x.safetensors\"}", "plain file name"},
      {"backslash", "{\"a\":\"x\\\\y.safetensors\"}", "plain file name"},
      {"NUL", "{\"a\":\"x\\u0000.safetensors\"}", "plain file name"},
      {"another kind of file", "{\"a\":\"config.json\"}", "plain file name"},
      {"empty shard name", "{\"a\":\"\"}", "plain file name"},
      {"tensor twice", "{" + a + "," + a + "}", "stands twice"},
      {"absent tensor", "{" + a + "," + b + ",\"c\":\"two.safetensors\"}", "tensor 'c' is not in shard"},
      {"tensor in the other shard", "{\"a\":\"two.safetensors\",\"b\":\"one.safetensors\"}",
       "is not in shard"},
      {"depth", "{\"a\":[[[[[]]]]]}", "nested deeper"},
  };
  for (const BadIndex& bad : table) {
    CAPTURE(bad.label);
    const TemporaryFolder folder;
    write_sharded(folder, bad.weight_map);
    const std::string message = open_message(folder.path());
    CHECK_MESSAGE(contains(message, folder.path() + "/model.safetensors.index.json: "), message);
    CHECK_MESSAGE(contains(message, bad.part), message);
  }
}

TEST_CASE("shards that contradict the index or each other are refused") {
  const TemporaryFolder folder;
  write_sharded(folder, R"({"a": "one.safetensors", "b": "two.safetensors"})");
  CHECK(io::open(folder.path())->tensors().size() == 2);
  const std::string both = entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[8,16]");
  folder.write("two.safetensors", safetensors_of(both, 16));
  CHECK(contains(open_message(folder.path()), "tensor 'a' is in two shards"));
  folder.write(
      "two.safetensors",
      safetensors_of(entry("b", "F32", "[2]", "[0,8]") + "," + entry("c", "F32", "[2]", "[8,16]"), 16));
  CHECK(contains(open_message(folder.path()), "two.safetensors: tensor 'c' is not listed in"));
  std::filesystem::remove(folder.file("two.safetensors"));
  std::filesystem::create_symlink("two.safetensors", folder.file("two.safetensors"));
  CHECK(contains(open_message(folder.path()), "two.safetensors: cannot open"));
}

TEST_CASE("FP8 without a scale is refused") {
  const TemporaryFolder folder;
  folder.write("config.json", "{}");
  folder.write("model.safetensors", safetensors_of(entry("x.weight", "F8_E4M3", "[2]", "[0,2]"), 2));
  CHECK(
      contains(open_message(folder.path()), "tensor 'x.weight' is FP8 but there is no 'x.weight_scale_inv'"));
}
