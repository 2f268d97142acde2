#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/quantize/folder_checkpoint.h"
#include "host/quantize/output_folder.h"
#include "host/stored/nvfp4_multiplier.h"
#include "host/stored/stored_matrix.h"
#include "quant/error.h"
#include "quant/scale_layout.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
namespace fs = std::filesystem;

namespace {

constexpr const char* kModel = "tests/models/tiny-qwen3";
constexpr const char* kMatrix = "model.layers.3.mlp.down_proj.weight";

/// Rules that put every matrix fitting `pattern` into `format`.
quantize::Rules rules(const std::string& pattern, const std::string& format = "fp8_e4m3_128x128") {
  config::QuantizeConfig config;
  config.rules.emplace_back();
  config.rules[0].targets = {pattern};
  config.rules[0].format = format;
  return {"quantize", {}, config.rules};
}

const quantize::Roles kRoles = {{"model.embed_tokens.weight", "embedding"},
                                {"model.layers.0.mlp.up_proj.weight", "mlp"}};

quantize::WrittenSummary write(const quantize::Rules& rules, const std::string& out, uint64_t shard_bytes,
                               const std::string& layout = "fp8") {
  const auto checkpoint = io::open(kModel);
  return quantize::write_folder(*checkpoint, kModel, *quantize::layout_of(layout, {}), rules, kRoles, out,
                                shard_bytes, [](int64_t, int64_t) {});
}

void check_same(const io::Tensor& a, const io::Tensor& b) {
  CHECK(a.format == b.format);
  CHECK(a.shape == b.shape);
  CHECK(std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end()));
}

}  // namespace

TEST_CASE("an FP8 checkpoint in shards: codes and scales of the host codec, all else as it was") {
  const test::TemporaryFolder scratch;
  const quantize::WrittenSummary summary = write(rules("*down_proj*"), scratch.path(), 4'000'000);
  CHECK(summary.encoded.at("fp8_e4m3_128x128") == 8);
  CHECK(summary.files > 2);
  const auto before = io::open(kModel);
  const auto after = io::open(scratch.path());
  CHECK(after->tensors().size() == before->tensors().size() + 8);
  CHECK(static_cast<int64_t>(after->files().size()) == summary.files);
  for (const std::string& file : after->files()) CHECK(fs::file_size(file) < 4'100'000);
  for (const io::Tensor& tensor : before->tensors()) {
    CAPTURE(tensor.name);
    REQUIRE(after->find(tensor.name) != nullptr);
    if (tensor.name.find("down_proj") == std::string::npos) check_same(*after->find(tensor.name), tensor);
  }
  const io::Tensor& stored = *before->find(kMatrix);
  const quant::Format& format = *quant::find_format("fp8_e4m3_128x128");
  std::vector<float> values(256 * 768);
  const auto* raw = reinterpret_cast<const uint8_t*>(stored.bytes.data());
  for (int64_t r = 0; r < 256; ++r)
    quant::find_format(stored.format)->decode_row(raw, nullptr, r, 768, values.data() + r * 768);
  std::vector<uint8_t> codes(256 * 768);
  std::vector<uint8_t> scales(2 * 6 * 4);
  format.encode(values.data(), 256, 768, codes.data(), scales.data());
  const std::vector<int64_t> blocks = {2, 6};
  const std::string scale_name = std::string(kMatrix) + "_scale_inv";
  check_same(*after->find(kMatrix), {"", "", "f8_e4m3", {256, 768}, std::as_bytes(std::span(codes))});
  check_same(*after->find(scale_name), {"", "", "f32", blocks, std::as_bytes(std::span(scales))});
}

TEST_CASE("config.json, the linear layers that stay, and the other files") {
  const test::TemporaryFolder scratch;
  write(rules("*down_proj*"), scratch.path(), uint64_t{1} << 40);
  CHECK(fs::exists(scratch.path() + "/model.safetensors"));
  CHECK_FALSE(fs::exists(scratch.path() + "/model.safetensors.index.json"));
  CHECK_FALSE(fs::exists(scratch.path() + "/reference.safetensors"));
  CHECK(fs::file_size(scratch.path() + "/tokenizer.json") ==
        fs::file_size(std::string(kModel) + "/tokenizer.json"));
  const auto config = nlohmann::json::parse(std::ifstream(scratch.path() + "/config.json"));
  CHECK(config.at("model_type") == "qwen3");
  const nlohmann::json expected = {{"quant_method", "fp8"},
                                   {"fmt", "e4m3"},
                                   {"weight_block_size", {128, 128}},
                                   {"activation_scheme", "dynamic"},
                                   {"modules_to_not_convert", {"model.layers.0.mlp.up_proj", "lm_head"}}};
  CHECK(config.at("quantization_config") == expected);
}

TEST_CASE("compressed-tensors: what readers are told of each format") {
  const test::TemporaryFolder scratch;
  write(rules("*down_proj*", "int4_g128_asym"), scratch.path(), uint64_t{1} << 40, "compressed-tensors");
  const auto config = nlohmann::json::parse(std::ifstream(scratch.path() + "/config.json"));
  const nlohmann::json expected = {{"quant_method", "compressed-tensors"},
                                   {"quantization_status", "compressed"},
                                   {"format", "pack-quantized"},
                                   {"config_groups",
                                    {{"group_0",
                                      {{"targets", {"Linear"}},
                                       {"weights",
                                        {{"num_bits", 4},
                                         {"type", "int"},
                                         {"strategy", "group"},
                                         {"symmetric", false},
                                         {"dynamic", false},
                                         {"group_size", 128}}},
                                       {"input_activations", nullptr},
                                       {"output_activations", nullptr},
                                       {"format", "pack-quantized"}}}}},
                                   {"ignore", {"model.layers.0.mlp.up_proj", "lm_head"}},
                                   {"kv_cache_scheme", nullptr}};
  CHECK(config.at("quantization_config") == expected);
  const auto after = io::open(scratch.path());
  const auto shape = [&](const std::string& part) {
    const io::Tensor* tensor = after->find("model.layers.3.mlp.down_proj." + part);
    return tensor == nullptr ? std::vector<int64_t>{} : tensor->shape;
  };
  CHECK(shape("weight").empty());
  CHECK(shape("weight_packed") == std::vector<int64_t>{256, 96});
  CHECK(shape("weight_scale") == std::vector<int64_t>{256, 6});
  CHECK(shape("weight_zero_point") == std::vector<int64_t>{32, 6});
  CHECK(shape("weight_shape") == std::vector<int64_t>{2});
}

TEST_CASE("every layout gives back the codes and scales of the host codec") {
  const auto before = io::open(kModel);
  const stored::StoredMatrix source = stored::stored_matrix(*before, kMatrix);
  std::vector<float> values(static_cast<size_t>(source.rows * source.cols));
  stored::decode_rows(source, 0, source.rows, values.data());
  for (const char* name : {"fp8_e4m3_tensor", "fp8_e4m3_row", "fp8_e4m3_128x128", "mxfp8_e4m3", "mxfp6_e2m3",
                           "mxfp4", "int8_row", "int8_g32", "int8_g128", "int4_g128", "int4_g128_asym"}) {
    CAPTURE(name);
    const test::TemporaryFolder scratch;
    write(rules(kMatrix, name), scratch.path(), uint64_t{1} << 40, "compressed-tensors");
    const auto after = io::open(scratch.path());
    const stored::StoredMatrix written = stored::stored_matrix(*after, kMatrix);
    const quant::Format& format = *quant::find_format(name);
    REQUIRE(written.format == &format);
    std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(format, source.rows, source.cols)));
    std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(format, source.rows, source.cols)));
    format.encode(values.data(), source.rows, source.cols, codes.data(), scales.data());
    CHECK(std::equal(codes.begin(), codes.end(), written.codes));
    CHECK(std::equal(scales.begin(), scales.end(), written.scales));
  }
}

TEST_CASE("NVFP4's multiplier is stored as its reciprocal: the same codes, the multiplier as at load") {
  const test::TemporaryFolder scratch;
  write(rules(kMatrix, "nvfp4"), scratch.path(), uint64_t{1} << 40, "compressed-tensors");
  const auto before = io::open(kModel);
  const auto after = io::open(scratch.path());
  const stored::StoredMatrix source = stored::stored_matrix(*before, kMatrix);
  const stored::StoredMatrix written = stored::stored_matrix(*after, kMatrix);
  std::vector<float> values(static_cast<size_t>(source.rows * source.cols));
  stored::decode_rows(source, 0, source.rows, values.data());
  const quant::Format& format = *quant::find_format("nvfp4");
  REQUIRE(written.format == &format);
  std::vector<uint8_t> codes(static_cast<size_t>(quant::code_bytes(format, source.rows, source.cols)));
  std::vector<uint8_t> scales(static_cast<size_t>(quant::scale_bytes(format, source.rows, source.cols)));
  format.encode(values.data(), source.rows, source.cols, codes.data(), scales.data());
  CHECK(std::equal(codes.begin(), codes.end(), written.codes));
  const auto mine = quant::split_scales(format, source.rows, source.cols, scales);
  const auto read = quant::split_scales(format, source.rows, source.cols, {written.scales, scales.size()});
  CHECK(mine.scales == read.scales);
  CHECK(std::abs(*mine.tensor_scale / *read.tensor_scale - 1) < 0x1p-22);
  stored::round_tensor_scales(format, source.cols, scales);
  CHECK(std::equal(scales.begin(), scales.end(), written.scales));
}

TEST_CASE("what the layout has no place for") {
  const test::TemporaryFolder scratch;
  const auto refusal = [&](const quantize::Rules& wanted, const std::string& layout = "fp8") -> std::string {
    try {
      write(wanted, scratch.path(), 1 << 30, layout);
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::usage);
      return error.what();
    }
    return "";
  };
  CHECK(refusal(rules("*down_proj*", "mxfp4")).find("fp8_e4m3_128x128") != std::string::npos);
  CHECK(refusal(rules("*")).find("keep the embedding as it is") != std::string::npos);
  CHECK(refusal(rules("*down_proj*", "q4_k"), "compressed-tensors").find("nvfp4") != std::string::npos);
  CHECK(refusal(rules("*embed*", "int8_row"), "compressed-tensors").find("embedding") != std::string::npos);
  CHECK(fs::is_empty(scratch.path()));
}

TEST_CASE("an output folder appears whole or not at all") {
  const test::TemporaryFolder scratch;
  const std::string path = scratch.path() + "/model";
  {
    const quantize::OutputFolder folder(path + "/");
    std::ofstream(folder.file("x")) << "half";
    CHECK_FALSE(fs::exists(path));
  }
  CHECK(fs::is_empty(scratch.path()));
  {
    quantize::OutputFolder folder(path);
    std::ofstream(folder.file("x")) << "whole";
    folder.commit();
  }
  CHECK(fs::exists(path + "/x"));
  CHECK_THROWS_AS(quantize::OutputFolder{path}, Error);
  CHECK_THROWS_AS(quantize::OutputFolder{scratch.path() + "/absent/model"}, Error);
}
