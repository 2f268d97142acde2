#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/host_cli/child.h"

using namespace clinfer::tests;

namespace {

std::string bench(const std::string& format) {
  const Outcome outcome = run_clinfer(
      {{"bench", "-m", kQwen, "-p", "8,16", "-n", "4", "-d", "0,32", "-r", "2", "-o", format}, ""});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  return outcome.out;
}

}  // namespace

TEST_CASE("bench: llama-bench's rows") {
  const nlohmann::json rows = nlohmann::json::parse(bench("json"));
  std::vector<std::string> tests;
  for (const auto& row : rows) {
    tests.push_back(row.at("test"));
    CHECK(row.at("samples_ts").size() == 2);
    CHECK(row.at("samples_cpu_s").size() == 2);
    CHECK(row.at("avg_ts") > 0);
  }
  CHECK(tests == std::vector<std::string>{"pp8", "pp16", "tg4", "pp8 @ d32", "pp16 @ d32", "tg4 @ d32"});
  CHECK(bench("md").find("tg4 @ d32") != std::string::npos);
  CHECK(bench("csv").find("\"pp16\"") != std::string::npos);
}

TEST_CASE("bench: random weights of a configuration's shapes") {
  const Outcome outcome =
      run_clinfer({{"bench", "-m", kQwen, "--set", "weights.dummy=true", "--set", "model.layers=1", "--set",
                    "weights.format=fp8_e4m3_128x128", "-p", "8", "-n", "2", "-r", "1", "-o", "json"},
                   ""});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(outcome.err.find("random weights") != std::string::npos);
  const nlohmann::json rows = nlohmann::json::parse(outcome.out);
  CHECK(rows.size() == 2);
  CHECK(rows[0].at("token_weight_bytes") > 0);
  CHECK(rows[0].at("prompt_matmul_flops") > 0);
}
