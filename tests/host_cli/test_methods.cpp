#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "host/io/statistics_file.h"
#include "tests/host_cli/child.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr const char* kStory = "tests/data/report/story.txt";
constexpr const char* kInt4 = "[{targets: [linear], format: int4_g128}]";

std::vector<float> logits(const Scratch& scratch, std::vector<std::string> more) {
  const std::string out = scratch.path("logits.safetensors");
  std::vector<std::string> words = {"logits", "--ids", "1,5,17,33,1024,7,7,4000", "--out", out};
  words.insert(words.end(), more.begin(), more.end());
  const Outcome outcome = run_clinfer({words, ""});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const io::SafetensorsFile file(out);
  const std::span<const std::byte> bytes = file.find("logits")->bytes;
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double{a[i]} - double{b[i]}));
  return largest;
}

int code(std::vector<std::string> words) {
  return run_clinfer({std::move(words), ""}).code;
}

}  // namespace

TEST_CASE("rotate: the same logits in float, less lost in int4") {
  const Scratch scratch;
  const std::string out = scratch.path("rotated");
  const Outcome outcome = run_clinfer({{"rotate", "-m", kQwen, "-o", out}, ""});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.out.find("tensors rotated") != std::string::npos);
  const std::vector<float> before = logits(scratch, {"--model", kQwen});
  CHECK(largest_difference(before, logits(scratch, {"--model", out})) < 1e-3);
  CHECK(code({"rotate", "-m", kQwen, "-o", out}) == 2);  // it is there already
  CHECK(code({"rotate", "-m", kQwen, "-o", scratch.path("other"), "--format", "q4_0"}) == 2);
  CHECK(code({"rotate", "-m", kStory, "-o", scratch.path("other")}) == 2);
  CHECK(scratch.names() == std::vector<std::string>{"logits.safetensors", "rotated"});
}

TEST_CASE("eval --statistics: what it writes weights the encoding, at load and in a checkpoint alike") {
  const Scratch scratch;
  const std::string statistics = scratch.path("statistics.safetensors");
  const Outcome outcome = run_clinfer(
      {{"eval", "-m", kQwen, "-f", kStory, "-c", "64", "--chunks", "2", "--statistics", statistics}, ""});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  const io::StatisticsFile file(statistics);
  CHECK(file.find("model.layers.3.mlp.down_proj.weight").size() == 768);
  CHECK(file.find("model.layers.3.self_attn.q_proj.weight").size() == 256);
  CHECK(file.unseen() == 0);

  const std::string rules = std::string("weights.rules=") + kInt4;
  const std::string importance = "weights.importance=" + statistics;
  const auto plain = logits(scratch, {"--model", kQwen, "--set", rules});
  const auto weighted = logits(scratch, {"--model", kQwen, "--set", rules, "--set", importance});
  CHECK(largest_difference(plain, weighted) > 0.01);

  const std::string out = scratch.path("int4");
  const std::string config = scratch.write(
      "quantize.yaml", std::string("quantize:\n  importance: ") + statistics + "\n  rules: " + kInt4 + "\n");
  const Outcome written = run_clinfer({{"quantize", config, "--model", kQwen, "--out", out}, ""});
  CAPTURE(written.err);
  REQUIRE(written.code == 0);
  CHECK(logits(scratch, {"--model", out}) == weighted);

  CHECK(code({"logits", "-m", kQwen, "--ids", "1", "-o", scratch.path("x"), "--set", rules, "--set",
              "weights.importance=" + out + "/model.safetensors"}) == 4);
}

TEST_CASE("codec: a device does not search scales, and says so") {
  const Scratch scratch;
  const Outcome outcome = run_clinfer({{"codec", "--format", "int4_g128", "--scale", "mse", "--in", "any",
                                        "--out", scratch.path("x"), "--device", "any"},
                                       ""});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("by the host codec only") != std::string::npos);
}
