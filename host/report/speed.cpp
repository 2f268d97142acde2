#include "host/report/speed.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace clinfer::report {
namespace {

constexpr int64_t kMostGenerated = 32;

/// Tokens a second of `count` arbitrary tokens from `position` on, in calls of `step`.
double rate(run::Engine& engine, int64_t position, int64_t count, int64_t step) {
  engine.jump_to(position);
  const auto start = std::chrono::steady_clock::now();
  for (int64_t done = 0; done < count; done += step) {
    std::vector<int32_t> ids(static_cast<size_t>(step));
    for (int64_t i = 0; i < step; ++i)
      ids[static_cast<size_t>(i)] =
          static_cast<int32_t>((position + done + i) * 7919 % engine.model().vocab_size);
    const auto last = static_cast<int32_t>(step - 1);
    engine.forward(ids, position + done, std::span(&last, 1));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return static_cast<double>(count) / seconds.count();
}

}  // namespace

Speed measure_speed(run::Engine& engine, int64_t repetitions) {
  Speed speed;
  speed.prompt_tokens = std::min(engine.batch_tokens(), engine.max_context());
  const int64_t depth = engine.max_context() / 2;
  speed.generated_tokens = std::min(kMostGenerated, engine.max_context() - depth);
  rate(engine, 0, speed.prompt_tokens, speed.prompt_tokens);
  rate(engine, depth, 1, 1);
  for (int64_t i = 0; i < repetitions; ++i) {
    speed.prompt_rates.push_back(rate(engine, 0, speed.prompt_tokens, speed.prompt_tokens));
    speed.generation_rates.push_back(rate(engine, depth, speed.generated_tokens, 1));
  }
  return speed;
}

}  // namespace clinfer::report
