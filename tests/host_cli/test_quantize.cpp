#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>

#include "host/io/safetensors.h"
#include "tests/host_cli/child.h"

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
  std::vector<std::string> words = {"logits", "--ids", "1,5,17,33,1024,7,7,4000", "--out", out};
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
      "mxfp8_e4m3}, {targets: [\"*down*\"], format: bf16}, {targets: [experts], format: int4_g128_asym}]";
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
      {head + "[attention]\n      format: int4_g128\n", "tests/data/families/llama2", "do not divide", 2},
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
