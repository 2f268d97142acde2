#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/cli/bench_table.h"

using namespace clinfer::cli;

namespace {

const BenchSubject kSubject{"a \"model\".gguf", "llama", "keep", "f16", "gpu0 X", "1.0", 3 << 20,
                            2'000'000,          512};
const std::vector<BenchRow> kRows = {{"pp512", {100, 300}, {0.5, 0.25}}, {"tg128 @ d4096", {9.5}}};

size_t columns(const std::string& line) {
  return static_cast<size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

TEST_CASE("mean and deviation of the sample") {
  CHECK(kRows[0].mean() == 200);
  CHECK(kRows[0].deviation() == doctest::Approx(141.4213562));
  CHECK(kRows[1].deviation() == 0);
}

TEST_CASE("markdown: the columns line up") {
  std::istringstream text(bench_table(kSubject, kRows, "md"));
  std::string line;
  size_t lines = 0;
  size_t width = 0;
  for (; std::getline(text, line); ++lines) {
    if (lines == 0) width = columns(line);
    CHECK(columns(line) == width);
    CHECK(std::count(line.begin(), line.end(), '|') == 7);
  }
  CHECK(lines == 4);
  CHECK(bench_table(kSubject, kRows, "md").find("200.00 ± 141.42") != std::string::npos);
}

TEST_CASE("csv and json") {
  const std::string csv = bench_table(kSubject, kRows, "csv");
  CHECK(csv.find("\"a \"\"model\"\".gguf\",\"llama\",\"keep\",\"f16\",3145728,2000000") != std::string::npos);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 3);
  const nlohmann::json json = nlohmann::json::parse(bench_table(kSubject, kRows, "json"));
  CHECK(json.size() == 2);
  CHECK(json[1].at("test") == "tg128 @ d4096");
  CHECK(json[0].at("samples_ts").size() == 2);
  CHECK(json[0].at("samples_cpu_s") == nlohmann::json({0.5, 0.25}));
  CHECK(nlohmann::json::parse(bench_table(kSubject, {}, "json")).empty());
}
