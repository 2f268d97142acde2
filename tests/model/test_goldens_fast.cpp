#include <doctest/doctest.h>

#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"
#include "tests/model/golden_check.h"

using namespace clinfer;

TEST_CASE("a GQA model and an MLA model with experts agree with Hugging Face") {
  const std::vector<graph::DeviceInfo> devices = cl::usable_devices();
  REQUIRE_MESSAGE(!devices.empty(), "no usable OpenCL device");
  for (const char* name : {"qwen3", "deepseek_v3_fp8"})
    tests::check_golden(tests::generated_model(name), {devices.data(), 1});
}
