#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "host/generate/session.h"
#include "host/text/tokenizer_json.h"
#include "quant/error.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/host_io/fault_message.h"
#include "tests/model/generated_model.h"

using namespace clinfer;
using generate::Session;
using generate::Statistics;

namespace {

/// A model whose layers are recurrent but for the last, on the first usable device, for 96 tokens, 16 a
/// batch. Its tokens mean nothing: the tokenizer is another model's.
struct Bench {
  std::unique_ptr<io::Checkpoint> checkpoint;
  text::Tokenizer tokenizer;
  std::unique_ptr<run::Engine> engine;

  explicit Bench(bool draft)
      : checkpoint(io::open(tests::generated_model("qwen3_next"))),
        tokenizer(text::load_tokenizer_json("tests/models/tiny-qwen3")) {
    REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
    run::EngineOptions options;
    options.devices = {cl::usable_devices().front()};
    options.cache_format = "f32";
    options.max_context = 96;
    options.batch_tokens = 16;
    options.draft = draft;
    cl::ProgramCache programs;
    engine = std::make_unique<run::Engine>(*checkpoint, options, programs, run::Progress{});
  }

  Session session() const {
    config::GenerateConfig config;
    config.max_tokens = 8;
    return {*engine, tokenizer, config, {config::SpeculativeMethod::mtp, 1}, {}};
  }
};

struct Outcome {
  Statistics statistics;
  std::vector<int32_t> ids;
};

Outcome speak(Session& session, const std::vector<int32_t>& prompt) {
  Outcome outcome;
  const std::atomic<bool> never{false};
  outcome.statistics = session.generate(
      prompt, [](std::string_view) {}, never);
  outcome.ids = session.new_ids();
  return outcome;
}

std::vector<int32_t> ids_from(int32_t first, size_t count) {
  std::vector<int32_t> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

std::vector<int32_t> joined(std::vector<int32_t> a, const std::vector<int32_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("a turn goes on from the states where the last ended, and from the start where it branched off") {
  const Bench b(false);
  const auto fresh = [&](const std::vector<int32_t>& prompt) {
    Session session = b.session();
    return speak(session, prompt).ids;
  };
  Session session = b.session();
  const std::vector<int32_t> first = ids_from(10, 20);
  const Outcome one = speak(session, first);
  REQUIRE(one.ids == fresh(first));
  // What fresh() ran lies in the states now: the session must be the last on the engine.
  Session next = b.session();
  speak(next, first);
  const std::vector<int32_t> second = joined(joined(first, one.ids), ids_from(100, 5));
  const Outcome two = speak(next, second);
  CHECK(two.statistics.cached_tokens == static_cast<int64_t>(first.size() + one.ids.size()) - 1);
  CHECK(two.ids == fresh(second));
  Session branch = b.session();
  speak(branch, second);
  const std::vector<int32_t> third = joined({second.begin(), second.begin() + 15}, ids_from(50, 3));
  const Outcome three = speak(branch, third);
  CHECK(three.statistics.cached_tokens == 0);
  CHECK(three.ids == fresh(third));
  Session again = b.session();
  speak(again, first);
  const Outcome same = speak(again, first);
  CHECK(same.statistics.cached_tokens == 0);
  CHECK(same.ids == one.ids);
}

TEST_CASE("states go on where the last call ended, at the start, or for speeds where one says") {
  const Bench b(false);
  const std::vector<int32_t> ids = ids_from(10, 12);
  const auto forward = [&](int64_t position) {
    const int32_t last = 11;
    const auto logits = b.engine->forward(ids, position, std::span(&last, 1));
    return std::vector<float>(logits.begin(), logits.end());
  };
  const auto refused = [&](int64_t position) {
    const std::string message = test::fault_message(Fault::run, [&] { forward(position); });
    return test::contains(message, "position " + std::to_string(position));
  };
  CHECK(refused(12));
  const std::vector<float> first = forward(0);
  CHECK(refused(11));
  CHECK(refused(24));
  forward(12);
  CHECK(refused(12));
  b.engine->jump_to(12);
  forward(12);
  forward(24);
  CHECK(forward(0) == first);
}

TEST_CASE("a model with states has no drafts to take back") {
  std::string message;
  try {
    const Bench b(true);
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK_MESSAGE(message.find("no multi-token-prediction module") != std::string::npos, message);
}
