#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "host/config/text_file.h"
#include "host/kernels/tuning.h"
#include "host/tune/device_file.h"
#include "host/tune/shipped.h"
#include "quant/error.h"

using namespace clinfer;

namespace {

const std::string kGood =
    "device: \"AMD EPYC*\"\nplatform: Portable\ndriver: \"3.1\"\nconstants:\n  workers_per_unit: 8\n";

graph::DeviceInfo device_called(const std::string& name, const std::string& platform) {
  graph::DeviceInfo device;
  device.name = name;
  device.platform = platform;
  return device;
}

/// The message of the refusal.
std::string refusal(const std::string& text) {
  try {
    tune::parse_device_file(text, "x.yaml");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  FAIL_CHECK("taken: " << text);
  return {};
}

void check_refused(const std::string& text, const std::string& says) {
  CAPTURE(text);
  const std::string message = refusal(text);
  CAPTURE(message);
  CHECK(message.find(says) != std::string::npos);
  CHECK(message.starts_with("x.yaml"));
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("device files: read, and written so that they can be read") {
  const tune::DeviceFile file = tune::parse_device_file(kGood, "x.yaml");
  CHECK(file.device == "AMD EPYC*");
  CHECK(file.platform == "Portable");
  CHECK(file.driver == "3.1");
  CHECK(file.constants == std::map<std::string, int64_t>{{"workers_per_unit", 8}});
  CHECK(tune::parse_device_file(tune::to_yaml(file), "y.yaml") == file);
  tune::DeviceFile odd{"a \"name\" \\ of: {all}", "#1", "${HOME}", {}};
  CHECK(tune::parse_device_file(tune::to_yaml(odd), "y.yaml") == odd);
}

TEST_CASE("device files: what is refused") {
  check_refused("", "expected a map");
  check_refused("[1]", "expected a map");
  check_refused("device: [", "x.yaml:");
  check_refused(with("driver: \"3.1\"\n", ""), "lacks the key driver");
  check_refused(with("device", "devise"), "x.yaml:1:1: unknown key");
  check_refused(with("Portable", "[a]"), "key platform: expected text");
  check_refused(with("workers_per_unit", "workers_per_unti"), "did you mean workers_per_unit?");
  check_refused(with(": 8", ": 3"), "x.yaml:5:21: key constants.workers_per_unit: expected one of 1, 2, 4");
  check_refused(with(": 8", ": 8x"), "got ");
  check_refused(with(": 8", ": [8]"), "a list");
  check_refused(with("\n  workers_per_unit: 8", " 7"), "expected a map from names to numbers");
}

TEST_CASE("device files: a device is known by its name and its platform's") {
  const tune::DeviceFile file = tune::parse_device_file(kGood, "x.yaml");
  CHECK(speaks_of(file, device_called("AMD EPYC", "Portable Computing Language OpenCL 3.0 PoCL 3.1")));
  CHECK(speaks_of(file, device_called("AMD EPYC 9R14", "Portable Computing Language OpenCL 3.0 PoCL 5.0")));
  CHECK(!speaks_of(file, device_called("an AMD EPYC", "Portable Computing Language OpenCL 3.0")));
  CHECK(!speaks_of(file, device_called("AMD EPYC", "Intel(R) OpenCL OpenCL 3.0")));
  const graph::DeviceInfo own = device_called("NVIDIA H200", "NVIDIA CUDA OpenCL 3.0 CUDA 13.0");
  CHECK(speaks_of(tune::file_for(own), own));
  CHECK(tune::file_for(own).platform == "NVIDIA CUDA");
  const tune::DeviceFile middle{"pthread-*-AMD*", "P", "", {}};
  CHECK(speaks_of(middle, device_called("pthread-znver4-AMD EPYC", "P")));
  CHECK(!speaks_of(middle, device_called("pthread-AMD", "P")));
}

TEST_CASE("device files: all in configs/device are shipped, and good") {
  std::vector<std::string> names;
  for (const tune::ShippedFile& shipped : tune::shipped_files()) {
    names.emplace_back(shipped.name);
    CHECK(config::read_text_file(names.back()) == shipped.text);
    CHECK_NOTHROW(tune::parse_device_file(std::string(shipped.text), names.back()));
  }
  for (const auto& entry : std::filesystem::directory_iterator("configs/device")) {
    CAPTURE(entry.path().string());
    CHECK(std::ranges::find(names, entry.path().string()) != names.end());
  }
}
