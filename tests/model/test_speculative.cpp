#include <doctest/doctest.h>

#include <cstdio>

#include "host/generate/session.h"
#include "host/text/tokenizer_json.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/runs.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr const char* kFolder = "tests/models/tiny-deepseek-v3-fp8";
constexpr const char* kPrompts[] = {
    "Once upon a time, a little fox", "One sunny morning, Lily found an old map",
    "<｜User｜>Explain in simple words why the sky is blue.<｜Assistant｜>",
    "<｜User｜>Give a simple recipe for apple pie.<｜Assistant｜>",
    "<｜User｜>Write a short Python function that reverses a string.<｜Assistant｜>"};

struct Outcome {
  std::vector<std::vector<int32_t>> ids;
  int64_t drafted = 0;
  int64_t accepted = 0;
};

/// Greedy continuations of all prompts, one session after the other on one engine.
Outcome continue_all(run::Engine& engine, const text::Tokenizer& tokenizer, int64_t draft_tokens) {
  config::GenerateConfig generate;
  generate.max_tokens = 128;
  generate::Session session(engine, tokenizer, generate, {config::SpeculativeMethod::mtp, draft_tokens}, {1});
  const std::atomic<bool> never{false};
  Outcome outcome;
  for (const char* prompt : kPrompts) {
    const std::vector<int32_t> ids = tokenizer.encode(prompt, {.add_special = true});
    const auto statistics = session.generate(
        ids, [](std::string_view) {}, never);
    outcome.ids.push_back(session.new_ids());
    outcome.drafted += statistics.drafted;
    outcome.accepted += statistics.accepted;
  }
  return outcome;
}

}  // namespace

TEST_CASE("speculative greedy text is plain greedy text") {
  const auto checkpoint = io::open(kFolder);
  const text::Tokenizer tokenizer = text::load_tokenizer_json(kFolder);
  REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    for (const char* cache : {"f32", "fp8_e4m3"}) {
      run::EngineOptions options = float_options({device}, false);
      options.cache_format = cache;
      const Outcome plain = continue_all(*make_engine(*checkpoint, options), tokenizer, 1);
      CHECK(plain.drafted == 0);
      options.draft = true;
      const auto engine = make_engine(*checkpoint, options);
      for (int64_t draft_tokens = 1; draft_tokens <= 3; ++draft_tokens) {
        const Outcome drafted = continue_all(*engine, tokenizer, draft_tokens);
        CHECK_MESSAGE(drafted.ids == plain.ids, cache << " cache, " << draft_tokens << " drafts");
        const double acceptance =
            static_cast<double>(drafted.accepted) / static_cast<double>(drafted.drafted);
        std::printf("%s, %s cache, %d drafts: %lld of %lld accepted (%.3f)\n", device.id.c_str(), cache,
                    static_cast<int>(draft_tokens), static_cast<long long>(drafted.accepted),
                    static_cast<long long>(drafted.drafted), acceptance);
        CHECK(acceptance <= 1);
        // The model card: 91.5 % of first drafts on the model's own greedy text.
        CHECK(acceptance >= (draft_tokens == 1 ? 0.8 : 0.5));
      }
    }
  }
}
