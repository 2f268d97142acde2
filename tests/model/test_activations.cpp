#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/generate/session.h"
#include "host/text/tokenizer_json.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/reference.h"
#include "tests/model/runs.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr const char* kDeepseek = "tests/models/tiny-deepseek-v3-fp8";
constexpr const char* kQwen = "tests/models/tiny-qwen3";

std::vector<double> log_softmax(const graph::Array& logits, int64_t row) {
  const double* from = logits.row(row);
  const double most = *std::max_element(from, from + logits.cols);
  double sum = 0;
  for (int64_t i = 0; i < logits.cols; ++i) sum += std::exp(from[i] - most);
  std::vector<double> result;
  for (int64_t i = 0; i < logits.cols; ++i) result.push_back(from[i] - most - std::log(sum));
  return result;
}

/// Mean over the rows of KL(base || other), in nats.
double mean_kl(const graph::Array& base, const graph::Array& other) {
  double sum = 0;
  for (int64_t row = 0; row < base.rows; ++row) {
    const std::vector<double> p = log_softmax(base, row);
    const std::vector<double> q = log_softmax(other, row);
    for (size_t i = 0; i < p.size(); ++i) sum += std::exp(p[i]) * (p[i] - q[i]);
  }
  return sum / static_cast<double>(base.rows);
}

/// Rounding errors of a code relative to a block's largest value a: int8 a / 254, MXINT8 up to a / 64, E4M3
/// an eighth of the value itself at most, bf16 2^-9 of it. They are independent, so that the logits'
/// distribution moves by their square: with twice the measured divergence as room.
struct Expected {
  const char* activations;
  double least_kl;  ///< it must have an effect
  double most_kl;
};

void check_model(const std::string& folder, const std::string& weights, std::span<const Expected> all) {
  const auto checkpoint = io::open(folder);
  const Reference reference(folder + "/reference.safetensors");
  std::vector<int32_t> ids = reference.integers("input_ids.2");
  ids.resize(std::min<size_t>(ids.size(), 40));
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    run::EngineOptions options = float_options({device});
    options.weights_format = weights;
    const graph::Array base = engine_logits(*make_engine(*checkpoint, options), ids, 64);
    for (const Expected& expected : all) {
      options.activations_format = expected.activations;
      const auto engine = make_engine(*checkpoint, options);
      const graph::Array prefill = engine_logits(*engine, ids, 64);
      const graph::Array decode = engine_logits(*engine, ids, 3);
      const double by_64 = mean_kl(base, prefill);
      const double by_3 = mean_kl(base, decode);
      std::printf("%s, %s weights, %s activations, %s: KL to float activations %.2e, by 3 tokens %.2e\n",
                  folder.c_str(), weights.c_str(), expected.activations, device.id.c_str(), by_64, by_3);
      CHECK(by_64 >= expected.least_kl);
      CHECK(by_64 <= expected.most_kl);
      CHECK(by_3 <= expected.most_kl);
    }
  }
}

std::vector<std::vector<int32_t>> greedy(run::Engine& engine, const text::Tokenizer& tokenizer,
                                         int64_t draft_tokens) {
  config::GenerateConfig generate;
  generate.max_tokens = 64;
  generate::Session session(engine, tokenizer, generate, {config::SpeculativeMethod::mtp, draft_tokens}, {1});
  const std::atomic<bool> never{false};
  std::vector<std::vector<int32_t>> all;
  for (const char* prompt : {"Once upon a time, a little fox", "One sunny morning, Lily found an old map"}) {
    session.generate(
        tokenizer.encode(prompt, {.add_special = true}), [](std::string_view) {}, never);
    all.push_back(session.new_ids());
  }
  return all;
}

}  // namespace

TEST_CASE("activations rounded in a model move its distribution by little") {
  REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
  const Expected deepseek[] = {{"fp8_e4m3_1x128", 1e-6, 2e-2}, {"int8_g32", 1e-7, 2e-3}};
  check_model(kDeepseek, "keep", deepseek);
  const Expected qwen[] = {
      {"int8_g32", 1e-7, 2e-3}, {"mxint8", 1e-7, 2e-3}, {"fp8_e4m3_1x128", 1e-6, 2e-2}, {"bf16", 1e-8, 2e-3}};
  check_model(kQwen, "int8_g32", qwen);
}

TEST_CASE("speculative greedy text is plain greedy text with quantised activations") {
  const auto checkpoint = io::open(kDeepseek);
  const text::Tokenizer tokenizer = text::load_tokenizer_json(kDeepseek);
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    run::EngineOptions options = float_options({device});
    for (const auto& [weights, activations] :
         {std::pair{"keep", "fp8_e4m3_1x128"}, std::pair{"q8_0", "int8_g32"}}) {
      options.weights_format = weights;
      options.activations_format = activations;
      options.draft = false;
      const auto plain = greedy(*make_engine(*checkpoint, options), tokenizer, 1);
      options.draft = true;
      CHECK_MESSAGE(greedy(*make_engine(*checkpoint, options), tokenizer, 2) == plain, activations);
    }
  }
}

TEST_CASE("a model none of whose weights is quantised keeps float activations") {
  const auto checkpoint = io::open(kQwen);
  run::EngineOptions options = float_options({cl::usable_devices().front()});
  options.activations_format = "int8_g32";
  for (const auto& plan : run::make_plans(*checkpoint, options).list) {
    for (const graph::Node& node : plan->graph.nodes)
      CHECK_FALSE(std::holds_alternative<graph::Quantize>(node.op));
  }
}
