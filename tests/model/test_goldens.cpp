#include <doctest/doctest.h>

#include <map>
#include <set>

#include "graph/models/models.h"
#include "host/io/config_json.h"
#include "quant/cache_format.h"
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

/// Which kinds of caches a model has: "latent rows state".
std::string cache_kinds(const std::string& folder) {
  std::set<std::string> kinds;
  for (const graph::Value& value :
       graph::build_model(io::read_config_json(folder + "/config.json")).main.values) {
    if (const graph::Cache* cache = value.cache())
      kinds.insert(cache->is_state() ? "state" : cache->tail > 0 ? "latent" : "rows");
  }
  std::string names;
  for (const std::string& kind : kinds) names += kind + " ";
  return names;
}

/// Formats beside f32, which check_golden has: all of them, or two, other ones for each model in turn. Then
/// devices, which have to build kernels, are asked for three models with the same kinds of caches: for all
/// six formats.
void check_caches(bool all) {
  const std::span<const quant::CacheFormat> formats = quant::cache_formats();
  std::map<std::string, size_t> turns;
  for (const std::string& name : tests::generated_models()) {
    const std::string folder = tests::generated_model(name);
    if (!tests::has_family(folder)) continue;
    const size_t turn = turns[cache_kinds(folder)]++;
    const auto devices = all || turn < 3 ? cl::usable_devices() : std::vector<graph::DeviceInfo>{};
    for (size_t i = 1; i < formats.size(); ++i) {
      if (all || turn % 3 == i % 3) tests::check_cache_format(folder, std::string(formats[i].name), devices);
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

TEST_CASE("decoding is the prompt at once, with caches of two formats for each family") {
  check_caches(false);
}

TEST_CASE("decoding is the prompt at once, with caches of every format for each family" * doctest::skip()) {
  check_caches(true);
}
