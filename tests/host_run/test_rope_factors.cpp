#include <doctest/doctest.h>

#include "host/run/engine.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/host_io/fault_message.h"
#include "tests/host_run/altered_checkpoint.h"
#include "tests/model/generated_model.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

std::string llama() {
  return generated_model("llama2");
}

run::EngineOptions options_of() {
  run::EngineOptions options;
  REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
  options.devices = {cl::usable_devices().front()};
  return options;
}

Alteration with_factors(const std::vector<float>& factors) {
  return {.tensors = [&factors](auto& tensors) {
    tensors.push_back({"rope_freqs.weight",
                       "f32",
                       {static_cast<int64_t>(factors.size())},
                       std::as_bytes(std::span(factors))});
  }};
}

/// The rotary frequencies of the altered model.
std::vector<float> frequencies(const Alteration& alteration) {
  const test::TemporaryFolder folder;
  const auto checkpoint = io::open(alter_checkpoint(llama(), folder, alteration));
  const run::Plans plans = run::make_plans(*checkpoint, options_of());
  for (const graph::Value& value : plans.list.front()->graph.values) {
    if (value.constant() != nullptr) return value.constant()->data;
  }
  return {};
}

}  // namespace

TEST_CASE("rope_freqs.weight divides the rotary frequencies") {
  const std::vector<float> plain = frequencies({});
  REQUIRE(plain.size() == 8);
  CHECK(frequencies(with_factors(std::vector<float>(8, 1.0f))) == plain);
  const std::vector<float> factors = {1, 1, 2, 4, 8, 8, 8, 8};
  std::vector<float> expected = plain;
  for (size_t i = 0; i < 8; ++i) expected[i] /= factors[i];
  CHECK(frequencies(with_factors(factors)) == expected);
}

TEST_CASE("factors that do not fit are refused") {
  for (const std::vector<float>& factors :
       {std::vector<float>(7, 1.0f), std::vector<float>(8, 0.0f), std::vector<float>(8, -1.0f)}) {
    const std::string message =
        test::fault_message(Fault::model, [&] { frequencies(with_factors(factors)); });
    CHECK(test::contains(message, "rope_freqs.weight"));
  }
}
