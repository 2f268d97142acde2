#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/host_cli/child.h"

using namespace clinfer::tests;

namespace {

constexpr const char* kPublished = "configs/architectures/deepseek_v3.json";

std::string published() {
  std::ostringstream text;
  text << std::ifstream(kPublished).rdbuf();
  return text.str();
}

Outcome good(Start start) {
  const Outcome outcome = run_clinfer(std::move(start));
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  return outcome;
}

void refused(const std::string& config, const std::string& part) {
  const Scratch scratch;
  const Outcome outcome = run_clinfer({{"inspect", scratch.write("any.json", config)}, ""});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 4);
  CHECK(is_one_error_line(outcome.err));
  CHECK(outcome.err.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("inspect: a published configuration without weights") {
  const std::string text = good({{"inspect", kPublished, "-c", "131072"}, ""}).out;
  CHECK(text.find("671.03 B total, 37.55 B active") != std::string::npos);
  CHECK(text.find("bf16 70272 B") != std::string::npos);
  CHECK(text.find("cache of 131072") != std::string::npos);
  CHECK(text.find("bf16 8.6 GiB") != std::string::npos);

  const Scratch scratch;
  scratch.write("config.json", published());
  const Outcome folder = good({{"inspect", scratch.path(""), "--json"}, ""});
  CHECK(folder.out == good({{"inspect", scratch.path("config.json"), "--json"}, ""}).out);
  const nlohmann::json root = nlohmann::json::parse(folder.out);
  CHECK(root.at("cache_bytes_per_token").at("bf16") == 70272);
  CHECK(root.at("parameters_by_part").at("experts").at("total") == 653908770816);
  CHECK(root.at("draft_parameters").get<int64_t>() - root.at("draft_parameters_of_its_own").get<int64_t>() ==
        2 * 129280 * 7168);
  CHECK(root.at("context") == 4096);
  CHECK(root.at("decode_flops").get<double>() > 2 * 37e9);
  CHECK_FALSE(root.contains("tensors"));
}

TEST_CASE("inspect: caches behind windows are counted as rings") {
  const auto bytes = [](const char* context) {
    const Outcome outcome =
        good({{"inspect", "configs/architectures/gemma3_1b.json", "--json", "-c", context}, ""});
    return nlohmann::json::parse(outcome.out).at("cache_bytes").at("bf16").get<double>();
  };
  // 22 of 26 layers see 512 tokens: beyond their rings only the other 4 grow, by 2 * 256 values of 2 bytes.
  CHECK(bytes("32768") - bytes("16384") == 16384.0 * 4 * 1024);
  CHECK(bytes("256") == 256.0 * 26 * 1024);
}

TEST_CASE("inspect: a run's file stands for its model; lengths can be given") {
  const nlohmann::json root = nlohmann::json::parse(
      good({{"inspect", "configs/quickstart.yaml", "--json", "--context", "100", "--prompt", "7"}, ""}).out);
  CHECK(root.at("family") == "deepseek_v3");
  CHECK(root.at("context") == 100);
  CHECK(root.at("prompt") == 7);
  CHECK(root.contains("tensors"));
  for (const char* length : {"0", "-1", "2147483647"})
    CHECK(run_clinfer({{"inspect", kPublished, "--context", length}, ""}).code == 2);
}

TEST_CASE("inspect: what was measured is remembered and gives times") {
  const Scratch scratch;
  const std::vector<std::string> cache = {"CLINFER_CACHE_DIR=" + scratch.path("cache")};
  const auto devices = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"inspect", "configs/architectures/llama_3.2_1b.json", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return nlohmann::json::parse(good({words, "", cache}).out).at("devices");
  };
  CHECK_FALSE(devices({}).at(0).contains("decode_seconds"));
  const nlohmann::json measured = devices({"--measure"}).at(0);
  const double seconds = measured.at("decode_seconds").at("bf16").get<double>();
  const double read = measured.at("bytes_per_second").get<double>();
  // 1.236 G parameters of 2 bytes and the cache of 4097 tokens.
  CHECK(seconds == doctest::Approx((2 * 1.236e9 + 4097 * 32768) / read).epsilon(0.01));
  CHECK(devices({}).at(0) == measured);
}

TEST_CASE("inspect: configurations that cannot be read, or contradict themselves") {
  refused("", "empty");
  refused("[1]", "object");
  refused("{\"model_type\": \"llama\", \"hidden_size\": 1e400}", "JSON");
  const auto changed = [](const std::string& from, const std::string& to) {
    std::string config = published();
    const size_t at = config.find(from);
    REQUIRE(at != std::string::npos);
    return config.replace(at, from.size(), to);
  };
  refused(changed("\"num_hidden_layers\": 61", "\"num_hidden_layers\": 99999999999999999999"),
          "num_hidden_layers");
  refused(changed("\"n_group\": 8", "\"n_group\": 7"), "n_group");
  refused(changed("\"hidden_size\": 7168", "\"hidden_size\": -1"), "hidden_size");
  refused(changed("\"num_experts_per_tok\": 8", "\"num_experts_per_tok\": 257"), "num_experts_per_tok");
  refused(changed("\"deepseek_v3\"", "\"no_such\""), "no_such");
}
