#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/io/safetensors.h"
#include "tests/host_cli/child.h"
#include "tests/model/generated_model.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr const char* kRules = R"(quantize:
  rules:
    - targets: [linear]
      format: fp8_e4m3_128x128
)";

Outcome quantize(const Scratch& scratch, const std::string& rules, const std::string& out,
                 const std::string& model = kQwen) {
  const std::string config = scratch.write("rules.yaml", rules);
  return run_clinfer({{"quantize", config, "--model", model, "--out", out}, ""});
}

std::vector<std::byte> logits(const Scratch& scratch, std::vector<std::string> more) {
  const std::string out = scratch.path("logits.safetensors");
  std::vector<std::string> words = {"logits", "--out", out};
  if (std::find(more.begin(), more.end(), "--ids") == more.end()) {
    words.insert(words.end(), {"--ids", "1,5,17,33,1024,7,7,4000"});
  }
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = run_clinfer({words, ""});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const io::SafetensorsFile file(out);
  const std::span<const std::byte> bytes = file.find("logits")->bytes;
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("quantize: the checkpoint gives the logits of the same format chosen at load") {
  const Scratch scratch;
  const std::string out = scratch.path("fp8");
  const Outcome outcome = quantize(scratch, kRules, out);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.out.find("56 matrices") != std::string::npos);
  const std::vector<std::byte> written = logits(scratch, {"--model", out});
  CHECK(written == logits(scratch, {"--model", kQwen, "--weights", "fp8_e4m3_128x128"}));
  CHECK(written != logits(scratch, {"--model", kQwen}));
  CHECK(run_clinfer({{"tokenize", "-m", out, "-f", "README.md"}, ""}).code == 0);
}

TEST_CASE("quantize: mixed formats give the logits of the same rules at load") {
  const Scratch scratch;
  const std::string rules =
      "[{targets: [attention], layers: 0-3, format: int8_row, scale: full}, {targets: [attention], format: "
      "mxfp8_e4m3}, {targets: [\"*down*\"], format: bf16}, {targets: [\"*gate*\"], format: nvfp4}]";
  const std::string out = scratch.path("mixed");
  const Outcome outcome =
      quantize(scratch, "quantize: {ignore: [\"*layers.2.*\"], rules: " + rules + "}\n", out, kQwen);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(logits(scratch, {"--model", out}) ==
        logits(scratch, {"--model", kQwen, "--set", "weights.rules=" + rules, "--set",
                         "weights.ignore=[\"*layers.2.*\"]"}));
  const Outcome unknown =
      run_clinfer({{"logits", "--model", kQwen, "--ids", "1", "--out", scratch.path("l"), "--set",
                    "weights.rules=[{targets: [model.layers.99.mlp.up_proj.weight], format: mxfp4}]"},
                   ""});
  CHECK(unknown.code == 2);
  CHECK(unknown.err.find("key weights.rules[0].targets") != std::string::npos);
}

TEST_CASE("quantize: a rule for a role keeps a published FP8 model's other tensors as they are") {
  const Scratch scratch;
  const std::string rules = "quantize:\n  rules:\n    - targets: [attention]\n      format: keep\n";
  REQUIRE(quantize(scratch, rules, scratch.path("same"), kDeepseek).code == 0);
  CHECK(logits(scratch, {"--model", scratch.path("same")}) == logits(scratch, {"--model", kDeepseek}));
}

TEST_CASE("quantize: what is refused leaves nothing behind") {
  const Scratch scratch;
  const std::string out = scratch.path("out");
  struct Row {
    std::string rules, model, says;
    int code;
  };
  const std::string fp8 = "      format: fp8_e4m3_128x128\n";
  const std::string head = "quantize:\n  rules:\n    - targets: ";
  const Row rows[] = {
      {"quantize:\n  rules: []\n", kQwen, "at least one rule", 2},
      {head + "[atention]\n" + fp8, kQwen, "did you mean attention?", 2},
      {head + "[attention]\n      format: fp8_e4m3\n", kQwen, "did you mean", 2},
      {head + "[attention]\n      format: mxfp8_e5m2\n", kQwen, "which has fp8_e4m3_tensor", 2},
      {head + "[\"*\"]\n" + fp8, kQwen, "embedding", 2},
      {head + "[router]\n" + fp8, kDeepseek, "router", 2},
      {head + "[attention]\n      format: int4_g128\n", tests::generated_model("llama2"), "do not divide", 2},
      {head + "[attention]\n      scale: rceil\n" + fp8, kQwen, "ue8m0", 2},
      {"quantize:\n  rulez: []\n", kQwen, "did you mean", 2},
      {kRules, "README.md", "README.md", 2},
      {kRules, "absent", "absent", 2},
      {kRules, "configs", "configs", 4},
  };
  for (const Row& row : rows) {
    CAPTURE(row.says);
    const Outcome outcome = quantize(scratch, row.rules, out, row.model);
    CAPTURE(outcome.err);
    CHECK(outcome.code == row.code);
    CHECK(is_one_error_line(outcome.err));
    CHECK(outcome.err.find(row.says) != std::string::npos);
    CHECK(scratch.names() == std::vector<std::string>{"rules.yaml"});
  }
  const std::string config = scratch.write("rules.yaml", kRules);
  CHECK(run_clinfer({{"quantize", config, "--model", kQwen}, ""}).err.find("quantize.output") !=
        std::string::npos);
  const Outcome there = quantize(scratch, kRules, config);
  CHECK(there.code == 2);
  CHECK(there.err.find("is there already") != std::string::npos);
}

TEST_CASE("quantize: killed, it leaves nothing under the name") {
  const Scratch scratch;
  const std::string config = scratch.write("rules.yaml", kRules);
  const std::string out = scratch.path("out");
  const auto begun = [&] { return scratch.names().size() > 1; };
  for (const int signal : {SIGKILL, SIGTERM}) {
    Child child({{"quantize", config, "--model", kQwen, "--out", out}, ""});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!begun() && !std::filesystem::exists(out) && std::chrono::steady_clock::now() < deadline) {
    }
    child.send(signal);
    const Outcome outcome = child.finish();
    const bool whole = std::filesystem::exists(out + "/tokenizer.json");
    CHECK(outcome.code == (whole && outcome.code == 0 ? 0 : 128 + signal));
    CHECK(std::filesystem::exists(out) == whole);
    if (signal == SIGTERM && !whole) CHECK_FALSE(begun());
    for (const std::string& name : scratch.names()) {
      if (name != "rules.yaml") std::filesystem::remove_all(scratch.path(name));
    }
  }
}

namespace {

/// A folder with that test family's model and a tokenizer of two letters.
std::string with_tokenizer(const Scratch& scratch, const std::string& family) {
  const std::string folder = scratch.path(family);
  std::filesystem::create_directory(folder);
  for (const char* name : {"config.json", "model.safetensors"})
    std::filesystem::copy_file(tests::generated_model(family) + "/" + name, folder + "/" + name);
  scratch.write(family + "/tokenizer.json",
                R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []},
    "added_tokens": [{"id": 2, "content": "<end>", "special": true}],
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true, "trim_offsets": true}})");
  return folder;
}

std::vector<float> float_logits(const Scratch& scratch, const std::string& model) {
  const std::vector<std::byte> bytes = logits(scratch, {"--model", model, "--ids", "1,5,17,33,300,7"});
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace

TEST_CASE("quantize: a GGUF file of floats computes the same model, whatever its family does with rows") {
  for (const char* family : {"llama2", "llama3_scaled", "llama_bias", "qwen2", "qwen3"}) {
    CAPTURE(family);
    const Scratch scratch;
    const std::string folder = with_tokenizer(scratch, family);
    const std::string out = scratch.path("model.gguf");
    const Outcome outcome =
        quantize(scratch, "quantize: {rules: [{targets: [\"*\"], format: f32}]}\n", out, folder);
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    const std::vector<float> before = float_logits(scratch, folder);
    const std::vector<float> after = float_logits(scratch, out);
    REQUIRE(before.size() == after.size());
    float largest = 0;
    float error = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      largest = std::max(largest, std::abs(before[i]));
      error = std::max(error, std::abs(before[i] - after[i]));
    }
    CHECK(error <= 1e-5f * largest);  // rotary pairs are added up in another order
    CHECK(run_clinfer({{"tokenize", "-m", out, "-f", "-", "--json"}, "abba"}).out == "{\"ids\":[0,1,1,0]}\n");
  }
}

TEST_CASE("quantize: GGUF formats by rule give the logits of the same rules at load, from folder and file") {
  const Scratch scratch;
  const std::string rules =
      "[{targets: [embedding], format: q8_0}, {targets: [\"*down*\"], format: q6_k}, {targets: [attention], "
      "layers: "
      "0-3, format: q4_0}, {targets: [linear], format: q4_k}]";
  const std::string once = scratch.path("once.gguf");
  const Outcome outcome = quantize(scratch, "quantize: {rules: " + rules + "}\n", once, kQwen);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(logits(scratch, {"--model", once}) ==
        logits(scratch, {"--model", kQwen, "--set", "weights.rules=" + rules}));
  const std::string again = scratch.path("again.gguf");
  const std::string more = "[{targets: [attention], format: iq4_nl}]";
  REQUIRE(quantize(scratch, "quantize: {rules: " + more + "}\n", again, once).code == 0);
  CHECK(logits(scratch, {"--model", again}) ==
        logits(scratch, {"--model", once, "--set", "weights.rules=" + more}));
}

TEST_CASE("quantize: what GGUF cannot hold is refused") {
  const Scratch scratch;
  const auto refused = [&](const std::string& rule, const std::string& model) {
    const std::string out = scratch.path("model.gguf");
    const Outcome outcome =
        quantize(scratch, "quantize: {rules: [{targets: [linear], format: " + rule + "}]}\n", out, model);
    CHECK(outcome.code == 2);
    CHECK_FALSE(std::filesystem::exists(out));
    return outcome.err;
  };
  CHECK(refused("mxint8", kQwen).find("which has f32, f16, bf16, q8_0") != std::string::npos);
  CHECK(refused("q8_0", kDeepseek).find("is not written to GGUF; known: ") != std::string::npos);
  const std::string folder = with_tokenizer(scratch, "llama2");
  CHECK(refused("q4_k", folder).find("columns, which blocks of 256 (q4_k) do not divide") !=
        std::string::npos);
}

TEST_CASE("inspect counts scales of 0, Inf and NaN") {
  const Scratch scratch;
  const std::string out = scratch.path("fp8");
  REQUIRE(
      quantize(scratch, "quantize: {rules: [{targets: [\"*0.mlp.up*\"], format: fp8_e4m3_128x128}]}\n", out)
          .code == 0);
  CHECK(run_clinfer({{"inspect", out}, ""}).out.find("scales of weights") == std::string::npos);
  const io::SafetensorsFile file(out + "/model.safetensors");
  const io::Tensor& scales = *file.find("model.layers.0.mlp.up_proj.weight_scale_inv");
  const float faulty[] = {0.0f, std::numeric_limits<float>::infinity(), std::nanf("")};
  std::fstream bytes(out + "/model.safetensors", std::ios::binary | std::ios::in | std::ios::out);
  bytes.seekp(static_cast<std::streamoff>(scales.offset));
  bytes.write(reinterpret_cast<const char*>(faulty), sizeof faulty);
  bytes.close();
  const Outcome outcome = run_clinfer({{"inspect", out, "--json"}, ""});
  REQUIRE(outcome.code == 0);
  const auto list = nlohmann::json::parse(outcome.out).at("faulty_scales");
  const nlohmann::json expected = {{{"tensor", "model.layers.0.mlp.up_proj.weight"},
                                    {"scales", 12},
                                    {"zero", 1},
                                    {"infinite", 1},
                                    {"nan", 1}}};
  CHECK(list == expected);
}
