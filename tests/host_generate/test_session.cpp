#include <doctest/doctest.h>

#include "host/generate/session.h"
#include "host/text/tokenizer_json.h"
#include "quant/error.h"
#include "tests/host_cl/usable_devices.h"

using namespace clinfer;
using generate::Finish;
using generate::Session;
using generate::Statistics;

namespace {

const std::atomic<bool> kNever{false};
constexpr const char* kStory = "Once upon a time, a little fox";

/// A model on the first usable device, for 96 tokens, 16 a batch.
struct Bench {
  std::unique_ptr<io::Checkpoint> checkpoint;
  text::Tokenizer tokenizer;
  std::unique_ptr<run::Engine> engine;

  Bench(const std::string& folder, bool draft)
      : checkpoint(io::open(folder)), tokenizer(text::load_tokenizer_json(folder)) {
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

  Session session(const config::GenerateConfig& config, int64_t draft_tokens = 1,
                  std::vector<int32_t> end_ids = {}) const {
    return {*engine, tokenizer, config, {config::SpeculativeMethod::mtp, draft_tokens}, std::move(end_ids)};
  }
  std::vector<int32_t> encode(const std::string& text) const { return tokenizer.encode(text); }
};

/// Both kinds of generation: with a draft module and without.
const Bench& bench(bool draft) {
  static const Bench& with = *new Bench("tests/models/tiny-deepseek-v3-fp8", true);
  static const Bench& without = *new Bench("tests/models/tiny-qwen3", false);
  return draft ? with : without;
}

struct Outcome {
  Statistics statistics;
  std::vector<int32_t> ids;
  std::string text;
};

Outcome speak(Session& session, const std::vector<int32_t>& prompt,
              const std::atomic<bool>& interrupt = kNever) {
  Outcome outcome;
  outcome.statistics = session.generate(
      prompt, [&](std::string_view piece) { outcome.text += piece; }, interrupt);
  outcome.ids = session.new_ids();
  return outcome;
}

Outcome fresh(const Bench& b, const config::GenerateConfig& config, const std::vector<int32_t>& prompt) {
  Session session = b.session(config);
  return speak(session, prompt);
}

config::GenerateConfig tokens(int64_t most) {
  config::GenerateConfig config;
  config.max_tokens = most;
  return config;
}

std::vector<int32_t> joined(std::vector<int32_t> a, const std::vector<int32_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("turns that share a beginning are continued from the cache as if run afresh") {
  for (const bool draft : {false, true}) {
    const Bench& b = bench(draft);
    Session session = b.session(tokens(12), 2);
    const std::vector<int32_t> first = b.encode(kStory);
    const Outcome one = speak(session, first);
    CHECK(one.statistics.cached_tokens == 0);
    // The next turn: the first prompt, its answer and more; longer than a batch.
    const std::vector<int32_t> second =
        joined(joined(first, one.ids), b.encode(" Then one day the fox went home."));
    const Outcome two = speak(session, second);
    CHECK(two.statistics.cached_tokens >= static_cast<int64_t>(first.size()));
    CHECK(two.statistics.cached_tokens + two.statistics.prompt_tokens == static_cast<int64_t>(second.size()));
    CHECK(two.ids == fresh(b, tokens(12), second).ids);
    // Another ending of the same beginning, the same again, and something else.
    std::vector<int32_t> third(second.begin(), second.begin() + 9);
    third.push_back(second[3]);
    CHECK(speak(session, third).ids == fresh(b, tokens(12), third).ids);
    CHECK(speak(session, third).ids == fresh(b, tokens(12), third).ids);
    const std::vector<int32_t> other = b.encode("One sunny morning");
    CHECK(speak(session, other).ids == fresh(b, tokens(12), other).ids);
  }
}

TEST_CASE("a turn that ends before anything is drafted leaves no stale drafts behind") {
  const Bench& b = bench(true);
  const std::vector<int32_t> story = b.encode(kStory);
  const int32_t end = fresh(b, tokens(1), story).ids.front();
  Session session = b.session(tokens(20), 1, {end});
  // What is in the caches before: other tokens, as many.
  speak(session, b.encode("Give a simple recipe for apple pie, with sugar and flour and a little cinnamon."));
  CHECK(speak(session, story).ids.empty());
  const std::vector<int32_t> longer = joined(story, b.encode(" found a"));
  const Outcome outcome = speak(session, longer);
  Session other = b.session(tokens(20), 1, {end});
  const Outcome expected = speak(other, longer);
  CHECK(outcome.ids == expected.ids);
  CHECK(outcome.statistics.drafted == expected.statistics.drafted);
  CHECK(outcome.statistics.accepted == expected.statistics.accepted);
}

TEST_CASE("max_tokens ends the text; none at all runs the prompt only") {
  for (const bool draft : {false, true}) {
    const Bench& b = bench(draft);
    const std::vector<int32_t> prompt = b.encode(kStory);
    const std::vector<int32_t> many = fresh(b, tokens(9), prompt).ids;
    CHECK(many.size() == 9);
    for (int64_t most : {0, 1, 2, 5}) {
      const Outcome some = fresh(b, tokens(most), prompt);
      CHECK(some.statistics.finish == Finish::max_tokens);
      CHECK(some.statistics.new_tokens == most);
      CHECK(some.ids == std::vector<int32_t>(many.begin(), many.begin() + most));
      CHECK(some.text.empty() == (most == 0));
    }
  }
}

TEST_CASE("a full context ends the text") {
  for (const bool draft : {false, true}) {
    const Bench& b = bench(draft);
    std::vector<int32_t> prompt = b.encode(kStory);
    while (prompt.size() < 90) prompt.push_back(prompt[prompt.size() % 7]);
    for (const int64_t draft_tokens : {1, 3}) {
      Session session = b.session(tokens(50), draft_tokens);
      const Outcome outcome = speak(session, prompt);
      CHECK(outcome.statistics.finish == Finish::context_full);
      CHECK(outcome.ids.size() == 6);
    }
    prompt.resize(96, 5);
    Session session = b.session(tokens(5));
    CHECK_THROWS_WITH_AS(speak(session, prompt), doctest::Contains("context_length_exceeded"), Error);
    CHECK_THROWS_AS(speak(session, {}), Error);
    CHECK_THROWS_AS(speak(session, {1, 1 << 20}), Error);
    CHECK(speak(session, b.encode(kStory)).ids ==
          fresh(b, tokens(5), b.encode(kStory)).ids);  // all is well after
  }
}

TEST_CASE("an interrupt ends prompt or text with what there is") {
  for (const bool draft : {false, true}) {
    const Bench& b = bench(draft);
    const std::vector<int32_t> prompt = b.encode(kStory);
    const std::atomic<bool> now{true};
    Session session = b.session(tokens(20));
    const Outcome none = speak(session, prompt, now);
    CHECK(none.statistics.finish == Finish::interrupted);
    CHECK(none.ids.empty());
    std::atomic<bool> soon{false};
    std::string text;
    const Statistics some = session.generate(
        prompt, [&](std::string_view piece) { text += piece, soon = text.size() > 10; }, soon);
    CHECK(some.finish == Finish::interrupted);
    CHECK(some.new_tokens < 20);
    CHECK(speak(session, prompt).ids == fresh(b, tokens(20), prompt).ids);
  }
}

TEST_CASE("stop strings and end tokens end the text and are not shown") {
  for (const bool draft : {false, true}) {
    const Bench& b = bench(draft);
    const std::vector<int32_t> prompt = b.encode(kStory);
    const Outcome whole = fresh(b, tokens(24), prompt);
    const std::string stop = whole.text.substr(whole.text.size() / 2, 4);
    config::GenerateConfig config = tokens(24);
    config.stop = {"never in this text", stop};
    const Outcome stopped = fresh(b, config, prompt);
    CHECK(stopped.statistics.finish == Finish::stop_string);
    CHECK(stopped.text == whole.text.substr(0, whole.text.find(stop)));

    const int32_t end = whole.ids[7];
    const auto before = std::find(whole.ids.begin(), whole.ids.end(), end) - whole.ids.begin();
    Session session = b.session(tokens(24), 2, {end});
    const Outcome ended = speak(session, prompt);
    CHECK(ended.statistics.finish == Finish::end_of_text);
    CHECK(ended.ids == std::vector<int32_t>(whole.ids.begin(), whole.ids.begin() + before));
    config = tokens(24);
    config.ignore_eos = true;
    Session deaf = b.session(config, 2, {end});
    CHECK(speak(deaf, prompt).ids == whole.ids);
  }
}

TEST_CASE("sampling repeats with its seed") {
  for (const bool draft : {false, true}) {
    const Bench& b = bench(draft);
    config::GenerateConfig config = tokens(24);
    config.temperature = 1;
    config.top_p = 0.95;
    config.seed = 3;
    const std::vector<int32_t> prompt = b.encode(kStory);
    const std::vector<int32_t> once = fresh(b, config, prompt).ids;
    CHECK(fresh(b, config, prompt).ids == once);
    config.seed = 4;
    CHECK(fresh(b, config, prompt).ids != once);
  }
}
