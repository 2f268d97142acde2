#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "tests/host_cl/usable_devices.h"
#include "tests/model/golden_check.h"

using namespace clinfer;

namespace {

std::vector<std::string> golden_folders() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("tests/data/families"))
    names.push_back(entry.path());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("every golden under the interpreter") {
  REQUIRE(golden_folders().size() >= 13);
  for (const std::string& folder : golden_folders()) tests::check_interpreter(folder);
}

TEST_CASE("every golden on every usable device") {
  const std::vector<graph::DeviceInfo> devices = cl::usable_devices();
  REQUIRE_MESSAGE(!devices.empty(), "no usable OpenCL device");
  for (const std::string& folder : golden_folders()) {
    for (const graph::DeviceInfo& device : devices) tests::check_device(folder, device);
  }
}
