#include "host/report/generation.h"

#include <algorithm>

#include "host/report/base_logits.h"
#include "host/report/passage.h"

namespace clinfer::report {
namespace {

constexpr int64_t kTexts = 8;
constexpr int64_t kLength = 64;
constexpr int64_t kMostPrompt = 32;

struct Choice {
  int32_t id = 0;
  double margin = 0;
};

Choice choose(std::span<const float> logits) {
  const std::vector<int32_t> top = largest(logits, 2);
  const auto value = [&](size_t i) { return static_cast<double>(logits[static_cast<size_t>(top[i])]); };
  return {top[0], top.size() > 1 ? value(0) - value(1) : 0};
}

Choice after_prompt(run::Engine& engine, const std::vector<int32_t>& prompt) {
  Choice choice;
  const auto size = static_cast<int64_t>(prompt.size());
  run_passage(engine, prompt, size - 1, size,
              [&](int64_t, std::span<const float> logits) { choice = choose(logits); });
  return choice;
}

Choice next(run::Engine& engine, int32_t id, int64_t position) {
  const int32_t row = 0;
  return choose(engine.forward(std::span(&id, 1), position, std::span(&row, 1)));
}

/// Index of the first token that is not the base's, or the length.
size_t first_difference(run::Engine& engine, const GreedyText& text) {
  Choice choice = after_prompt(engine, text.prompt);
  for (size_t i = 0;; ++i) {
    if (choice.id != text.ids[i] || i + 1 == text.ids.size()) return choice.id != text.ids[i] ? i : i + 1;
    choice = next(engine, choice.id, static_cast<int64_t>(text.prompt.size() + i));
  }
}

}  // namespace

std::vector<GreedyText> write_greedily(run::Engine& engine, const Windows& windows) {
  const int64_t prompt = std::min(kMostPrompt, windows.context / 2);
  const int64_t length = std::min(kLength, engine.max_context() - prompt);
  std::vector<GreedyText> texts;
  for (int64_t window = 0; window < std::min(kTexts, windows.count()); ++window) {
    GreedyText text;
    text.prompt = windows.window(window);
    text.prompt.resize(static_cast<size_t>(prompt));
    Choice choice = after_prompt(engine, text.prompt);
    for (int64_t i = 0; i < length; ++i) {
      text.ids.push_back(choice.id);
      text.margins.push_back(choice.margin);
      if (i + 1 < length) choice = next(engine, choice.id, prompt + i);
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

Generation compare_greedy(run::Engine& engine, const std::vector<GreedyText>& base) {
  Generation result;
  std::vector<double> firsts, identical, margins;
  for (const GreedyText& text : base) {
    const size_t first = first_difference(engine, text);
    result.length = static_cast<int64_t>(text.ids.size());
    result.first_differences.push_back(static_cast<int64_t>(first));
    firsts.push_back(static_cast<double>(first));
    identical.push_back(first == text.ids.size() ? 1 : 0);
    if (first < text.margins.size()) margins.push_back(text.margins[first]);
  }
  result.median = percentiles(firsts).median;
  result.identical = estimate(identical);
  result.margin = estimate(margins);
  return result;
}

}  // namespace clinfer::report
