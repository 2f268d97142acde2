#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "host/plan/plan.h"
#include "host/text/tokenizer_json.h"
#include "quant/error.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"
#include "tests/model/golden_check.h"
#include "tests/model/reference.h"
#include "tests/model/runs.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

constexpr const char* kFolder = "tests/models/tiny-qwen3";

/// Tokens of the text, from its start again when it ends.
std::vector<int32_t> story_ids(size_t count) {
  std::ifstream file("tests/data/report/story.txt");
  std::stringstream text;
  text << file.rdbuf();
  const std::vector<int32_t> story = text::load_tokenizer_json(kFolder).encode(text.str(), {});
  REQUIRE(!story.empty());
  std::vector<int32_t> ids(count);
  for (size_t i = 0; i < count; ++i) ids[i] = story[i % story.size()];
  return ids;
}

std::unique_ptr<run::Engine> streaming_engine(const io::Checkpoint& checkpoint,
                                              const graph::DeviceInfo& device, int64_t context,
                                              const graph::Stream& stream) {
  run::EngineOptions options = float_options({device}, false);
  options.max_context = context;
  options.stream = stream;
  return make_engine(checkpoint, options);
}

/// Mean negative log-likelihood, in nats, of the tokens from `first` on.
double loss_from(run::Engine& engine, std::span<const int32_t> ids, int64_t first) {
  const graph::Array logits = engine_logits(engine, ids, 64);
  double sum = 0;
  for (int64_t r = first; r + 1 < logits.rows; ++r) {
    double total = 0;
    for (int64_t c = 0; c < logits.cols; ++c) total += std::exp(logits.at(r, c));
    sum += std::log(total) - logits.at(r, ids[static_cast<size_t>(r) + 1]);
  }
  return sum / static_cast<double>(logits.rows - 1 - first);
}

int64_t cache_bytes(const run::Engine& engine) {
  return plan::device_bytes(*engine.plans().list.front(), 1).front().caches;
}

std::vector<int32_t> some_ids(size_t count, int64_t vocab) {
  std::vector<int32_t> ids(count);
  for (size_t i = 0; i < count; ++i)
    ids[i] = static_cast<int32_t>((i * i * 31 + i * 7 + 3) % static_cast<size_t>(vocab));
  return ids;
}

/// Rings of a window of 12 and a batch of 16 tokens beside caches of whole contexts.
void check_rings(const std::string& name, const std::string& format, const graph::DeviceInfo& device) {
  const auto checkpoint = io::open(generated_model(name));
  run::EngineOptions options = float_options({device}, false);
  options.cache_format = format;
  options.batch_tokens = 250;
  const auto whole = make_engine(*checkpoint, options);
  options.batch_tokens = 16;
  const auto rings = make_engine(*checkpoint, options);
  CHECK(cache_bytes(*rings) < cache_bytes(*whole));
  const std::vector<int32_t> ids = some_ids(90, whole->model().vocab_size);
  for (const size_t chunk : {size_t{16}, size_t{7}, size_t{1}}) {
    // The same chunks: a quantised cache makes those of other sizes differ by its rounding.
    const double difference =
        max_difference(engine_logits(*whole, ids, chunk), engine_logits(*rings, ids, chunk));
    std::printf("%-16s %-8s by %2zu: max |difference| %.2e, caches %lld of %lld bytes\n", name.c_str(),
                format.c_str(), chunk, difference, static_cast<long long>(cache_bytes(*rings)),
                static_cast<long long>(cache_bytes(*whole)));
    CHECK(difference < kLogitLimit);
  }
  // Where to go on: not so far back that the rings have lost a window.
  CHECK(rings->resume_at(89, 90) == 89);
  CHECK(rings->resume_at(70, 90) == 0);
  CHECK(whole->resume_at(70, 90) == 70);
}

}  // namespace

TEST_CASE("a stream is plain attention while nothing has left its sight") {
  const auto checkpoint = io::open(kFolder);
  const std::vector<int32_t> ids = story_ids(64);
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    const auto plain = streaming_engine(*checkpoint, device, 256, {});
    const auto stream = streaming_engine(*checkpoint, device, 256, {.window = 60, .first = 4});
    for (const size_t chunk : {size_t{64}, size_t{5}})
      CHECK(engine_logits(*stream, ids, chunk).data == engine_logits(*plain, ids, chunk).data);
  }
}

TEST_CASE("a stream goes on past the model's positions where a window alone loses the thread") {
  const auto checkpoint = io::open(kFolder);
  const std::vector<int32_t> ids = story_ids(1200);
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    CHECK_THROWS_AS(streaming_engine(*checkpoint, device, 1200, {}), clinfer::Error);
    const auto stream = streaming_engine(*checkpoint, device, 1200, {.window = 252, .first = 4});
    const auto window = streaming_engine(*checkpoint, device, 1200, {.window = 256});
    const auto whole = streaming_engine(*checkpoint, device, 512, {});
    const double in_sight = loss_from(*whole, std::span(ids).first(256), 128);
    const double streamed = loss_from(*stream, ids, 1024);
    const double windowed = loss_from(*window, ids, 1024);
    std::printf("%s: loss of the first 256 tokens %.3f; past 1024: stream %.3f, window %.3f nats\n",
                device.id.c_str(), in_sight, streamed, windowed);
    CHECK(streamed < in_sight + 0.5);
    CHECK(windowed > streamed + 0.1);
    CHECK(cache_bytes(*stream) < cache_bytes(*whole));
  }
}

TEST_CASE("windows in rings: step by step as in whole caches, in less memory") {
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    check_rings("mistral_swa", "f32", device);
    check_rings("gemma3", "f32", device);
    check_rings("qwen2_swa_yarn", "fp8_e4m3", device);
  }
}
