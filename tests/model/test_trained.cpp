#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/host_cl/usable_devices.h"
#include "tests/model/trained_check.h"

using namespace clinfer;

TEST_CASE("the trained models agree with their references on every usable device") {
  REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    tests::check_trained("tests/models/tiny-deepseek-v3-fp8", device, true);
    tests::check_trained("tests/models/tiny-qwen3", device, false);
  }
}

TEST_CASE("a model named by CLINFER_TEST_MODEL agrees with the reference beside it") {
  const char* folder = std::getenv("CLINFER_TEST_MODEL");
  if (folder == nullptr) return;
  for (const graph::DeviceInfo& device : cl::usable_devices())
    tests::check_trained(folder, device, std::string(folder).find("deepseek") != std::string::npos);
}
