#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/config/load.h"
#include "tests/host_cli/child.h"

using namespace clinfer;
using clinfer::tests::kQwen;
using clinfer::tests::Outcome;
using clinfer::tests::run_clinfer;
using clinfer::tests::Scratch;

namespace {

constexpr const char* kStory = "tests/data/report/story.txt";

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> report_words(const std::string& folder, const std::string& candidates,
                                      std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"report", "-m", kQwen, "-f", kStory, "-o", folder};
  for (const char* set : {"eval.context=64", "eval.chunks=2", "report.repetitions=1"})
    words.insert(words.end(), {"--set", set});
  words.insert(words.end(), {"--set", "report.candidates=" + candidates});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("eval gives a perplexity, the same each time") {
  const std::vector<std::string> words = {"eval", "-m", kQwen,      "-f", kStory,
                                          "-c",   "64", "--chunks", "3",  "--json"};
  const Outcome first = run_clinfer({words, ""});
  REQUIRE(first.code == 0);
  const auto json = nlohmann::json::parse(first.out);
  CHECK(json["tokens"] == 3 * 31);
  CHECK(json["bos"] == false);
  CHECK(json["perplexity"] > 5);
  CHECK(json["perplexity"] < 500);
  CHECK(run_clinfer({words, ""}).out == first.out);
}

TEST_CASE("eval's refusals") {
  const auto code = [](std::vector<std::string> words) { return run_clinfer({std::move(words), ""}).code; };
  CHECK(code({"eval", "-m", kQwen}) == 2);  // no text
  CHECK(code({"eval", "-m", kQwen, "-f", "no/such/file"}) == 2);
  CHECK(code({"eval", "-m", kQwen, "-f", kStory, "-c", "1000"}) == 2);  // no window is full
  CHECK(code({"eval", "-m", kQwen, "-f", kStory, "-c", "4096"}) == 2);  // more than the model's
}

TEST_CASE("report writes its files, and the winner loads") {
  const Scratch scratch;
  const std::string folder = scratch.path("new/report");
  const Outcome outcome = run_clinfer(
      {report_words(folder, "[{weights: q8_0}, {weights: q4_0, name: small}, {kv_cache: f16}]"), ""});
  REQUIRE_MESSAGE(outcome.code == 0, outcome.err);
  CHECK(outcome.out.find("| small ") != std::string::npos);
  const auto json = nlohmann::json::parse(content(folder + "/report.json"));
  REQUIRE(json["candidates"].size() == 3);
  CHECK(json["candidates"][0]["comparison"]["kl"]["mean"] <
        json["candidates"][1]["comparison"]["kl"]["mean"]);
  CHECK(json["candidates"][2]["candidate"]["name"] == "keep, kv f16");
  CHECK(json["identity"]["text_sha256"].get<std::string>().size() == 64);
  CHECK(content(folder + "/report.html").starts_with("<!doctype html>"));
  CHECK(content(folder + "/report.md").starts_with("# "));
  const config::LoadedConfig winner = config::load(folder + "/winner.yaml");
  const size_t index = json["winner"];
  CHECK(winner.config.weights.format == json["candidates"][index]["candidate"]["weights"]);
  CHECK(winner.config.report.candidates.empty());
  // Every section is there, or says why it is not.
  for (const char* section : {"propagation", "needle", "generation"})
    CHECK(json["candidates"][0].contains(section));
  CHECK(json["activations"]["errors"].size() > 0);
  CHECK(json["determinism"].size() >= 2);
  CHECK(json["kernel_errors"].size() > 10);
  CHECK(json["conformance"].size() >= 3);
  CHECK(json["attribution"]["parts"].size() > 1);
  CHECK(json["absent"].dump().find("routing") != std::string::npos);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files += entry.is_regular_file();
  CHECK(files == 4);
}

TEST_CASE("a gate ends with code 6, and the report is there") {
  const Scratch scratch;
  const std::string folder = scratch.path("report");
  const Outcome outcome = run_clinfer(
      {report_words(folder, "[{weights: q4_0}]",
                    {"--set", "report.gate.max_mean_kl=0.001", "--set", "report.sections=[generation]"}),
       ""});
  CHECK(outcome.code == 6);
  CHECK(outcome.out.find("q4_0 fails") != std::string::npos);
  CHECK(std::filesystem::exists(folder + "/report.html"));
  CHECK(!std::filesystem::exists(folder + "/winner.yaml"));
}

TEST_CASE("a candidate may set any key, and a report stands beside an earlier one") {
  const Scratch scratch;
  const std::string candidates = "[{name: parts, set: {weights.rules: [{targets: [mlp], format: q4_0}]}}]";
  const auto words = [&](const std::string& folder, std::vector<std::string> more) {
    more.insert(more.end(), {"--set", "report.sections=[generation]", "--set", "report.repetitions=0"});
    return report_words(scratch.path(folder), candidates, std::move(more));
  };
  REQUIRE(run_clinfer({words("first", {}), ""}).code == 0);
  const Outcome again =
      run_clinfer({words("second", {"--set", "report.previous=" + scratch.path("first/report.json")}), ""});
  REQUIRE_MESSAGE(again.code == 0, again.err);
  const auto json = nlohmann::json::parse(content(scratch.path("second/report.json")));
  CHECK(json["candidates"][0]["converted"] > 0);
  for (const auto& tensor : json["candidates"][0]["tensors"])
    CHECK((tensor["held"] == "q4_0") == (tensor["role"] == "mlp"));
  REQUIRE(json["history"].size() >= 4);
  for (const auto& row : json["history"]) CHECK(row["before"] == row["now"]);
  const config::LoadedConfig winner = config::load(scratch.path("second/winner.yaml"));
  CHECK(winner.config.weights.rules.size() == 1);
}

TEST_CASE("report's refusals come before the work") {
  const Scratch scratch;
  const std::string folder = scratch.path("report");
  for (const char* candidates :
       {"[]", "[{weights: nonsense}]", "[{weights: q8_0}, {weights: q8_0}]",
        "[{set: {weights.formats: q8_0}}]", "[{set: {model.path: x}}]", "[{kv_cache: nonsense}]"}) {
    CAPTURE(candidates);
    const Outcome outcome = run_clinfer({report_words(folder, candidates), ""});
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find("report.candidates") != std::string::npos);
    CHECK(!std::filesystem::exists(folder));
  }
}
