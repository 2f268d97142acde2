#include <doctest/doctest.h>

#include <cstring>

#include "host/io/checkpoint.h"
#include "tests/model/generated_model.h"
#include "tests/model/generated_weights.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

template <typename T>
std::vector<T> elements(const GeneratedTensor& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

}  // namespace

// The numbers are those of make_goldens.py's generate().
TEST_CASE("generated weights are numpy's to the bit") {
  CHECK(hashed_elements(1, "lm_head.weight", 3) ==
        std::vector<uint64_t>{0xee4f282552925510, 0xddace4af63cc6485, 0x70bdbc8e06a4d446});
  const test::TemporaryFolder folder;
  const std::string recipe = folder.write("weights.json", R"({"seed": 1, "tensors": [
      ["a.b", "bf16", [2, 3], 0, 0.433], ["a.b", "f32", [2, 3], 0.997, 0.336], ["a.b", "u8", [6], 118, 121],
      ["a.b", "f8_e4m3", [20], 0, 126]]})");
  const GeneratedWeights weights = generate_weights(recipe);
  REQUIRE(weights.tensors.size() == 4);
  CHECK(elements<uint16_t>(weights.tensors[0]) ==
        std::vector<uint16_t>{15707, 48710, 16004, 16019, 15940, 15954});
  CHECK(elements<uint32_t>(weights.tensors[1]) ==
        std::vector<uint32_t>{1065680896, 1062797312, 1066991616, 1067188224, 1066598400, 1066663936});
  CHECK(elements<uint8_t>(weights.tensors[2]) == std::vector<uint8_t>{120, 119, 121, 121, 120, 120});
  CHECK(elements<uint8_t>(weights.tensors[3]) == std::vector<uint8_t>{71,  35,  101, 105, 91,  93, 202,
                                                                      64,  30,  21,  102, 198, 1,  164,
                                                                      234, 214, 200, 149, 96,  31});
}

TEST_CASE("a pattern stands for each of its names") {
  CHECK(expand_pattern("norm.weight") == std::vector<std::string>{"norm.weight"});
  CHECK(expand_pattern("h.{0-1}.{2,4-5}.w") ==
        std::vector<std::string>{"h.0.2.w", "h.0.4.w", "h.0.5.w", "h.1.2.w", "h.1.4.w", "h.1.5.w"});
}

TEST_CASE("a recipe that cannot be read is named") {
  const test::TemporaryFolder folder;
  const auto fault = [&](const std::string& recipe) -> std::string {
    try {
      generate_weights(recipe);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(fault(folder.file("none")) == folder.file("none") + ": cannot open it");
  const std::string recipe =
      folder.write("weights.json", R"({"seed": 1, "tensors": [["w", "f16", [1], 0, 1]]})");
  CHECK(fault(recipe) == recipe + ": unknown dtype f16");
}

TEST_CASE("a generated model opens as a checkpoint does, in one file or several") {
  const auto one = io::open(generated_model("llama2"));
  CHECK(one->files().size() == 1);
  CHECK(one->find("model.layers.2.self_attn.q_proj.weight")->format == "bf16");
  CHECK(io::open(generated_model("llama3_bf16_sharded"))->files().size() == 2);
  CHECK(generated_model("llama2") == generated_model("llama2"));
}
