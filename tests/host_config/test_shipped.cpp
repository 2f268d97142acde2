#include <doctest/doctest.h>

#include <filesystem>

#include "host/config/load.h"

using namespace clinfer::config;

TEST_CASE("every file in configs/ loads") {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("configs")) {
    if (entry.path().extension() != ".yaml") continue;
    CAPTURE(entry.path().string());
    CHECK_NOTHROW(load(entry.path().string()));
    ++found;
  }
  CHECK(found >= 4);
}

TEST_CASE("the quickstart is greedy, speculative and uses the model of the tests") {
  const RunConfig run = load("configs/quickstart.yaml").config;
  CHECK(run.model.path == "tests/models/tiny-deepseek-v3-fp8");
  CHECK(run.prompt == "Once upon a time, a little fox");
  CHECK(run.generate.temperature == 0);
  CHECK(run.generate.max_tokens == 120);
  CHECK(run.speculative.method == SpeculativeMethod::mtp);
  CHECK(run.speculative.draft_tokens == 1);
}

TEST_CASE("the two-device run is the quickstart with a placement") {
  const LoadedConfig loaded = load("configs/two_devices.yaml");
  CHECK(loaded.config.model.path == "tests/models/tiny-deepseek-v3-fp8");
  REQUIRE(loaded.config.placement.size() == 3);
  CHECK(loaded.config.placement[1].layers == LayerSpan{LayerPart::range, 0, 1});
  CHECK(loaded.config.placement[2].device == "gpu");
}

TEST_CASE("SmolLM2 is a greedy chat with the file in models/") {
  const RunConfig run = load("configs/smollm2.yaml").config;
  CHECK(run.model.path == "models/smollm2-135m-instruct-q4_1.gguf");
  CHECK(run.messages.at(0).role == "user");
  CHECK(run.generate.temperature == 0);
}
