#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <list>

#include "graph/models/models.h"
#include "host/io/safetensors_writer.h"
#include "host/quantize/rotated_checkpoint.h"
#include "quant/error.h"
#include "tests/model/generated_model.h"
#include "tests/model/reference.h"
#include "tests/model/runs.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
namespace fs = std::filesystem;

namespace {

std::string folder_of(const std::string& family) {
  return tests::generated_model(family);
}

quantize::RotationSummary rotate(const std::string& folder, bool values_only, const std::string& out) {
  const auto checkpoint = io::open(folder);
  return quantize::write_rotated_checkpoint(
      *checkpoint, folder, quantize::plan_rotation(*checkpoint, values_only), out, [](int64_t, int64_t) {});
}

std::vector<int32_t> some_ids() {
  std::vector<int32_t> ids(24);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(11 * i % 61 + 3);
  return ids;
}

/// A copy of the model with weights for the draft module that its configuration names: those of layer 2 where
/// it has some of that name, else small numbers.
void write_with_draft(const std::string& folder, const std::string& out) {
  const auto checkpoint = io::open(folder);
  fs::copy_file(folder + "/config.json", out + "/config.json");
  std::vector<io::TensorToWrite> tensors;
  for (const io::Tensor& tensor : checkpoint->tensors())
    tensors.push_back({tensor.name, tensor.format, tensor.shape, tensor.bytes});
  std::list<std::vector<float>> made;
  const graph::Model model = graph::build_model(checkpoint->config(), {true});
  for (const graph::Value& value : model.draft->values) {
    const graph::Weight* weight = value.weight();
    if (weight == nullptr || checkpoint->find(weight->tensors.front()) != nullptr) continue;
    for (const std::string& name : weight->tensors) {
      const std::string like = "model.layers.2." + name.substr(std::string("model.layers.3.").size());
      if (const io::Tensor* tensor = checkpoint->find(like)) {
        tensors.push_back({name, tensor->format, tensor->shape, tensor->bytes});
        continue;
      }
      auto& values = made.emplace_back(static_cast<size_t>(weight->rows * weight->cols));
      for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 37 % 101) * 0.01f - 0.5f;
      const std::vector<int64_t> shape = weight->vector ? std::vector<int64_t>{weight->cols}
                                                        : std::vector<int64_t>{weight->rows, weight->cols};
      tensors.push_back({name, "f32", shape, std::as_bytes(std::span(values))});
    }
  }
  io::write_safetensors(out + "/model.safetensors", tensors);
}

bool same_bytes(const io::Tensor& a, const io::Tensor& b) {
  return std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end());
}

}  // namespace

TEST_CASE("a rotated model computes the same: heads shared or not, biases, tied heads, MLA, experts") {
  const std::vector<int32_t> ids = some_ids();
  for (const char* family : {"llama2", "llama3_bf16_sharded", "llama3_scaled", "llama_bias", "qwen2",
                             "qwen2_swa_yarn", "qwen3", "deepseek_v3", "deepseek_v3_noqlora"}) {
    const auto before = io::open(folder_of(family));
    const graph::Array expected = tests::Truth(*before, false).logits(ids);
    for (const bool values_only : {true, false}) {
      CAPTURE(std::string(family));
      CAPTURE(values_only);
      const test::TemporaryFolder scratch;
      const quantize::RotationSummary summary = rotate(folder_of(family), values_only, scratch.path());
      const auto after = io::open(scratch.path());
      CHECK(tests::max_difference(expected, tests::Truth(*after, false).logits(ids)) < 1e-4);
      // What should have changed did: values and, with the stream, every matrix of a layer.
      const std::string layer = "model.layers.1.";
      for (const io::Tensor& tensor : before->tensors()) {
        const bool in_layer = tensor.name.starts_with(layer) && tensor.shape.size() > 1;
        const bool writes_values =
            tensor.name.ends_with(".v_proj.weight") || tensor.name.ends_with("kv_b_proj.weight");
        const bool is_inner = tensor.name.ends_with("q_b_proj.weight") ||
                              (tensor.name.ends_with("kv_b_proj.weight") && !values_only);
        if (!in_layer || is_inner || (values_only && !writes_values)) continue;
        CAPTURE(tensor.name);
        CHECK_FALSE(same_bytes(tensor, *after->find(tensor.name)));
      }
      CHECK(summary.changed > 0);
    }
  }
}

TEST_CASE("a draft module stays with values only and computes the same, and is left out otherwise") {
  const test::TemporaryFolder whole;
  write_with_draft(folder_of("deepseek_v3"), whole.path());
  const std::vector<int32_t> ids = some_ids();
  const auto before = io::open(whole.path());
  const test::TemporaryFolder values;
  CHECK(rotate(whole.path(), true, values.path()).left_out == 0);
  const auto after = io::open(values.path());
  tests::Truth truth(*before, true);
  tests::Truth rotated(*after, true);
  CHECK(tests::max_difference(truth.logits(ids), rotated.logits(ids)) < 1e-4);
  CHECK(tests::max_difference(truth.draft_logits(ids), rotated.draft_logits(ids)) < 1e-4);
  const std::string matrix = "model.layers.3.self_attn.kv_b_proj.weight";
  CHECK_FALSE(same_bytes(*before->find(matrix), *after->find(matrix)));

  const test::TemporaryFolder stream;
  CHECK(rotate(whole.path(), false, stream.path()).left_out > 0);
  const auto without = io::open(stream.path());
  CHECK(without->find(matrix) == nullptr);
  CHECK_FALSE(graph::build_model(without->config(), {true}).draft.has_value());
  CHECK(tests::max_difference(truth.logits(ids), tests::Truth(*without, false).logits(ids)) < 1e-4);
}

TEST_CASE("a tied head gets its own matrix, and norms become ones") {
  const test::TemporaryFolder scratch;
  rotate(folder_of("qwen2"), false, scratch.path());
  const auto after = io::open(scratch.path());
  REQUIRE(after->find("lm_head.weight") != nullptr);
  CHECK_FALSE(after->config().boolean_or("tie_word_embeddings", true));
  const io::Tensor& norm = *after->find("model.norm.weight");
  CHECK(norm.format == "f32");
  for (size_t i = 0; i < norm.bytes.size() / 4; ++i) {
    float value = 0;
    std::memcpy(&value, norm.bytes.data() + 4 * i, 4);
    CHECK(value == 1.0f);
  }
}

TEST_CASE("matrices that are stored quantised are not rotated") {
  const test::TemporaryFolder scratch;
  CHECK_THROWS_WITH_AS(rotate(folder_of("deepseek_v3_fp8"), false, scratch.path()),
                       doctest::Contains("is stored as f8_e4m3, expected f32, f16 or bf16 to be rotated"),
                       Error);
}
