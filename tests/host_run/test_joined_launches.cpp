#include <doctest/doctest.h>

#include <optional>

#include "host/run/engine.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"

using namespace clinfer;

namespace {

constexpr int32_t kTokens = 40;

struct Run {
  std::vector<float> logits;  ///< of all tokens, one after another
  size_t commands = 0;        ///< queued for one token
};

/// Tokens one at a time, so that every call is of the decode plan; then two in
/// one call.
Run decode(const io::Checkpoint& checkpoint, const graph::DeviceInfo& device, const std::string& activations,
           std::optional<kernels::ChainKind> join, int32_t tokens = kTokens) {
  run::EngineOptions options;
  options.devices = {device};
  options.max_context = kTokens + 2;
  options.weights_format = "q8_0";
  options.activations_format = activations;
  if (join) options.join_from_bytes = 0;
  options.join_as = join;
  cl::ProgramCache programs;
  run::Engine engine(checkpoint, options, programs, {});
  Run run;
  const auto call = [&](std::vector<int32_t> ids, int64_t position) {
    const auto last = static_cast<int32_t>(ids.size()) - 1;
    const auto row = engine.forward(ids, position, std::span(&last, 1));
    run.logits.insert(run.logits.end(), row.begin(), row.end());
  };
  for (int32_t i = 0; i < tokens; ++i) call({7 * i + 3}, i);
  call({11, 12}, tokens);
  run.commands = engine.decode_commands();
  return run;
}

}  // namespace

TEST_CASE("one launch for a token gives the bits of one launch for each kernel") {
  for (const char* model : {"qwen3", "deepseek_v3"}) {
    const auto checkpoint = io::open(tests::generated_model(model));
    for (const graph::DeviceInfo& device : cl::usable_devices()) {
      if (!device.is_cpu) continue;
      for (const char* activations : {"keep", "int8_g32"}) {
        CAPTURE(model);
        CAPTURE(device.name);
        CAPTURE(activations);
        const Run apart = decode(*checkpoint, device, activations, {});
        CHECK(apart.commands > 20);
        const Run joined = decode(*checkpoint, device, activations, kernels::ChainKind::of_items);
        CHECK(joined.commands == 1);
        CHECK(joined.logits == apart.logits);
      }
    }
  }
}

TEST_CASE("groups side by side give the bits of one launch for each kernel") {
  const auto checkpoint = io::open(tests::generated_model("qwen3"));
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    if (!device.is_cpu && !device.probes.wgmma) continue;
    CAPTURE(device.name);
    const Run apart = decode(*checkpoint, device, "keep", {}, 3);
    const Run joined = decode(*checkpoint, device, "keep", kernels::ChainKind::of_groups, 3);
    CHECK(joined.commands == 1);
    CHECK(joined.logits == apart.logits);
  }
}
