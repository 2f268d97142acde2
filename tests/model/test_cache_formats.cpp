#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "quant/cache_format.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/reference.h"
#include "tests/model/runs.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// Mean over the rows of KL(softmax(p) || softmax(q)), in nats.
double mean_divergence(const graph::Array& p, const graph::Array& q) {
  double sum = 0;
  for (int64_t r = 0; r < p.rows; ++r) {
    const double p_high = *std::max_element(p.row(r), p.row(r) + p.cols);
    const double q_high = *std::max_element(q.row(r), q.row(r) + q.cols);
    double p_sum = 0;
    double q_sum = 0;
    for (int64_t c = 0; c < p.cols; ++c) {
      p_sum += std::exp(p.at(r, c) - p_high);
      q_sum += std::exp(q.at(r, c) - q_high);
    }
    for (int64_t c = 0; c < p.cols; ++c) {
      const double log_p = p.at(r, c) - p_high - std::log(p_sum);
      sum += std::exp(log_p) * (log_p - (q.at(r, c) - q_high - std::log(q_sum)));
    }
  }
  return sum / static_cast<double>(p.rows);
}

/// Most that a format may cost, mean KL in nats against f32 caches.
const std::map<std::string, double> kMost = {{"f32", 1e-8},      {"f16", 1e-5},    {"bf16", 2e-4},
                                             {"fp8_e4m3", 5e-3}, {"mxint8", 1e-3}, {"int8", 1e-3},
                                             {"int4", 0.1}};

void check_model(const std::string& folder, bool draft) {
  const auto checkpoint = io::open(folder);
  const Reference reference(folder + "/reference.safetensors");
  std::vector<int32_t> ids = reference.integers("input_ids.2");
  ids.resize(48);
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    const auto exact = make_engine(*checkpoint, float_options({device}, draft));
    const graph::Array expected = engine_logits(*exact, ids, 64);
    const graph::Array drafted = draft ? engine_draft_logits(*exact, ids) : graph::Array{};
    for (const quant::CacheFormat& format : quant::cache_formats()) {
      run::EngineOptions options = float_options({device}, draft);
      options.cache_format = format.name;
      const auto engine = make_engine(*checkpoint, options);
      const double prefill = mean_divergence(expected, engine_logits(*engine, ids, 64));
      const double decode = mean_divergence(expected, engine_logits(*engine, ids, 3));
      const double of_draft = draft ? mean_divergence(drafted, engine_draft_logits(*engine, ids)) : 0;
      std::printf("%-34s %-5s %-9s mean KL by 64: %.2e, by 3: %.2e, draft: %.2e\n", folder.c_str(),
                  device.id.c_str(), std::string(format.name).c_str(), prefill, decode, of_draft);
      const double most = kMost.at(std::string(format.name));
      CHECK_MESSAGE(prefill <= most, format.name << ": " << prefill);
      CHECK_MESSAGE(decode <= most, format.name << ": " << decode);
      CHECK_MESSAGE(of_draft <= most, format.name << ": " << of_draft);
      // Coarser formats must show, or they were not used.
      if (format.name == "fp8_e4m3" || format.name == "int4") CHECK(std::min(prefill, decode) > 1e-7);
    }
  }
}

}  // namespace

TEST_CASE("caches of every format: heads") {
  REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
  check_model("tests/models/tiny-qwen3", false);
}

TEST_CASE("caches of every format: latents, and a draft module's") {
  check_model("tests/models/tiny-deepseek-v3-fp8", true);
}
