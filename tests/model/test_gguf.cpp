#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "host/io/checkpoint.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/reference.h"
#include "tests/model/runs.h"

using namespace clinfer;

namespace {

constexpr double kLimit = 1e-4;

/// The longest text whose logits the golden of the same name has.
void check_file(const std::filesystem::path& file, const std::string& goldens) {
  const std::string name = file.stem().string();
  const tests::Reference reference(goldens + "/" + name + "/goldens.safetensors");
  std::vector<int32_t> text = reference.integers("input_ids");
  const std::vector<int32_t> greedy = reference.integers("greedy_ids");
  text.insert(text.end(), greedy.begin(), greedy.end() - 1);
  const graph::Array expected = reference.matrix("logits_all");
  const auto checkpoint = io::open(file.string());
  tests::Truth truth(*checkpoint, false);
  const double error = tests::max_difference(truth.logits(text), expected);
  CHECK_MESSAGE(error <= kLimit, name << " under the interpreter: " << error);
  std::printf("%-22s interpreter %.2e", name.c_str(), error);
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    const auto engine = tests::make_engine(*checkpoint, tests::float_options({device}));
    const double on_device = tests::max_difference(tests::engine_logits(*engine, text, 64), expected);
    CHECK_MESSAGE(on_device <= kLimit, name << " on " << device.id << ": " << on_device);
    std::printf(", %s %.2e", device.id.c_str(), on_device);
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

TEST_CASE("GGUF files of CLINFER_TEST_GGUF agree with the goldens of CLINFER_TEST_FAMILIES") {
  const char* folder = std::getenv("CLINFER_TEST_GGUF");
  const char* goldens = std::getenv("CLINFER_TEST_FAMILIES");
  if (folder == nullptr || goldens == nullptr) return;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".gguf") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE(!files.empty());
  for (const std::filesystem::path& file : files) {
    CAPTURE(file.string());
    CHECK_NOTHROW(check_file(file, goldens));
  }
}
