#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

#include "host/io/safetensors_writer.h"
#include "host/io/statistics_file.h"
#include "quant/error.h"
#include "tests/temporary_folder.h"

using namespace clinfer;
namespace fs = std::filesystem;

namespace {

std::string refusal(const std::string& path) {
  try {
    const io::StatisticsFile file(path);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::model);
    return error.what();
  }
  return "";
}

/// Writes "w" with these means and its rows, as shapes and types given.
std::string refusal_of(const std::vector<float>& means, const std::string& rows_type,
                       const std::vector<int64_t>& rows_shape, const std::string& format) {
  const test::TemporaryFolder scratch;
  std::vector<std::byte> rows(static_cast<size_t>(rows_shape[0]) * 8);
  const auto cols = static_cast<int64_t>(means.size());
  io::write_safetensors(
      scratch.file("statistics.safetensors"),
      {{"w", "f32", {cols}, std::as_bytes(std::span(means))}, {"w.rows", rows_type, rows_shape, rows}},
      {{"format", format}});
  return refusal(scratch.file("statistics.safetensors"));
}

}  // namespace

TEST_CASE("statistics: written and read, single and stacked matrices, unseen ones and absent ones") {
  const test::TemporaryFolder scratch;
  io::write_statistics(
      scratch.file("statistics.safetensors"),
      {{"a.weight", {{{8.0, 2.0, 0.0}, 4}}}, {"experts", {{{3.0, 6.0}, 3}, {{0.0, 0.0}, 0}}}});
  const io::StatisticsFile file(scratch.file("statistics.safetensors"));
  CHECK(file.find("a.weight") == std::vector<float>{2.0f, 0.5f, 0.0f});
  CHECK(file.find("experts", 0) == std::vector<float>{1.0f, 2.0f});
  CHECK(file.find("experts", 1).empty());
  CHECK(file.find("experts", 2).empty());
  CHECK(file.find("b.weight").empty());
  CHECK(file.find("a.weight.rows").empty());
  CHECK(file.matrices("experts") == 2);
  CHECK(file.matrices("b.weight") == 0);
  CHECK(file.unseen() == 1);
}

TEST_CASE("statistics: other files are refused") {
  const std::string format = "clinfer input statistics 1";
  CHECK(refusal_of({1, 2}, "i64", {1}, format).empty());
  CHECK(refusal_of({1, 2}, "i64", {1}, "pt").find("eval --statistics") != std::string::npos);
  CHECK(refusal_of({1, 2}, "i64", {2}, format).find("'w' has no i64 .rows") != std::string::npos);
  CHECK(refusal_of({1, 2}, "f64", {1}, format).find("'w' has no i64 .rows") != std::string::npos);
  CHECK(refusal_of({1, -2}, "i64", {1}, format).find("negative or not finite") != std::string::npos);
  CHECK(refusal_of({1, NAN}, "i64", {1}, format).find("negative or not finite") != std::string::npos);
}
