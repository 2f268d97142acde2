#include <doctest/doctest.h>

#include "graph/models/models.h"
#include "graph/passes/set_cache_format.h"
#include "host/io/config_json.h"
#include "quant/cache_format.h"
#include "quant/error.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/family_support.h"
#include "tests/model/generated_model.h"
#include "tests/model/golden_check.h"

using namespace clinfer;

namespace {

bool is_named_model(const std::string& name) {
  return name.starts_with("deepseek") || name.starts_with("llama") || name.starts_with("qwen");
}

void check_all(bool named) {
  const std::vector<graph::DeviceInfo> devices = cl::usable_devices();
  REQUIRE_MESSAGE(!devices.empty(), "no usable OpenCL device");
  for (const std::string& name : tests::generated_models()) {
    const std::string folder = tests::generated_model(name);
    if (is_named_model(name) == named && tests::has_family(folder)) tests::check_golden(folder, devices);
  }
}

/// Formats with scales need heads of a multiple of 8 columns.
bool holds(const std::string& folder, const std::string& format) {
  graph::Model model = graph::build_model(io::read_config_json(folder + "/config.json"));
  try {
    graph::set_cache_format(model.main, format);
  } catch (const Error& error) {
    CHECK_MESSAGE(error.fault() == Fault::usage, error.what());
    return false;
  }
  return true;
}

/// Formats beside f32, which check_golden has. Without devices under the interpreter alone: building kernels
/// takes seconds a format, and test_cache_formats.cpp has all formats on devices.
void check_caches(std::span<const graph::DeviceInfo> devices) {
  for (const std::string& name : tests::generated_models()) {
    const std::string folder = tests::generated_model(name);
    if (!tests::has_family(folder)) continue;
    for (const quant::CacheFormat& cache : quant::cache_formats().subspan(1)) {
      const std::string format(cache.name);
      if (holds(folder, format)) tests::check_cache_format(folder, format, devices);
    }
  }
}

}  // namespace

TEST_CASE("DeepSeek, LLaMA and Qwen models agree with their goldens on every usable device") {
  check_all(true);
}

TEST_CASE("the other families agree with their goldens on every usable device") {
  check_all(false);
}

TEST_CASE("decoding is the prompt at once, with caches of every format for each family") {
  check_caches({});
}

TEST_CASE("decoding is the prompt at once, with caches of every format for each family on devices" *
          doctest::skip()) {
  check_caches(cl::usable_devices());
}
