#include <doctest/doctest.h>

#include "host/config/load.h"
#include "host/config/print.h"
#include "tests/host_config/usage_error.h"

using namespace clinfer::config;

namespace {

constexpr const char* kRun =
    "model: {path: m}\n"
    "report:\n"
    "  candidates:\n"
    "    - weights: q4_0\n"
    "      set:\n"
    "        weights.ignore: [head, \"*.0.*\"]\n"
    "        weights.rules:\n"
    "          - {targets: [mlp], format: mxfp4}\n"
    "        runtime.batch_tokens: 64\n"
    "        device: 'gpu & mem>=8GiB'\n";

}  // namespace

TEST_CASE("a candidate's further keys load as overrides of their own") {
  const LoadedConfig loaded = load_text(kRun, "run.yaml");
  const ReportCandidate& given = loaded.config.report.candidates.at(0);
  CHECK(given.set.at("runtime.batch_tokens") == "64");
  CHECK(given.set.at("device") == "gpu & mem>=8GiB");
  std::vector<std::string> overrides;
  for (const auto& [key, value] : given.set) overrides.push_back(key + "=" + value);
  const RunConfig run = load_text(kRun, "run.yaml", overrides).config;
  CHECK(run.weights.ignore == std::vector<std::string>{"head", "*.0.*"});
  REQUIRE(run.weights.rules.size() == 1);
  CHECK(run.weights.rules[0].targets == std::vector<std::string>{"mlp"});
  CHECK(run.weights.rules[0].format == "mxfp4");
  CHECK(run.runtime.batch_tokens == 64);
  CHECK(run.device == "gpu & mem>=8GiB");
}

TEST_CASE("a candidate's further keys survive printing") {
  const LoadedConfig loaded = load_text(kRun, "run.yaml");
  const LoadedConfig again = load_text(print_config(loaded), "printed.yaml");
  CHECK(again.config.report.candidates.at(0).set == loaded.config.report.candidates.at(0).set);
}
