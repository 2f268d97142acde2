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
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files += entry.is_regular_file();
  CHECK(files == 4);
}

TEST_CASE("a gate ends with code 6, and the report is there") {
  const Scratch scratch;
  const std::string folder = scratch.path("report");
  const Outcome outcome = run_clinfer(
      {report_words(folder, "[{weights: q4_0}]", {"--set", "report.gate.max_mean_kl=0.001"}), ""});
  CHECK(outcome.code == 6);
  CHECK(outcome.out.find("q4_0 fails") != std::string::npos);
  CHECK(std::filesystem::exists(folder + "/report.html"));
  CHECK(!std::filesystem::exists(folder + "/winner.yaml"));
}

TEST_CASE("report's refusals come before the work") {
  const Scratch scratch;
  const std::string folder = scratch.path("report");
  for (const char* candidates : {"[]", "[{weights: nonsense}]", "[{weights: q8_0}, {weights: q8_0}]"}) {
    CAPTURE(candidates);
    const Outcome outcome = run_clinfer({report_words(folder, candidates), ""});
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find("report.candidates") != std::string::npos);
    CHECK(!std::filesystem::exists(folder));
  }
}
