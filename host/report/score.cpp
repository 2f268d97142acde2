#include "host/report/score.h"

#include <algorithm>
#include <numeric>

#include "host/report/statistics.h"

namespace clinfer::report {
namespace {

/// Runs ids[first, first + count) of a window and hands on those rows that are scored.
void score_call(run::Engine& engine, const Windows& windows, std::span<const int32_t> ids, int64_t window,
                int64_t first, const RowSink& sink) {
  const auto count = std::min<int64_t>(engine.batch_tokens(), static_cast<int64_t>(ids.size()) - first);
  const int64_t begin = std::max(first, windows.first_scored());
  const int64_t end = std::min(first + count, windows.first_scored() + windows.scored());
  std::vector<int32_t> rows(static_cast<size_t>(std::max<int64_t>(end - begin, 1)));
  std::iota(rows.begin(), rows.end(), static_cast<int32_t>(end > begin ? begin - first : 0));
  const std::span<const float> logits =
      engine.forward(ids.subspan(static_cast<size_t>(first), static_cast<size_t>(count)), first, rows);
  const size_t vocab = logits.size() / rows.size();
  for (int64_t at = begin; at < end; ++at) {
    const int64_t row = window * windows.scored() + at - windows.first_scored();
    // The token that follows is the text's own, also where the window begins with the BOS token.
    const auto next = static_cast<size_t>(window * windows.context + at + 1);
    sink(row, windows.ids[next], logits.subspan(static_cast<size_t>(at - begin) * vocab, vocab));
  }
}

}  // namespace

int64_t rows_of_call(const Windows& windows, int64_t batch_tokens) {
  return std::max<int64_t>(1, std::min(windows.scored(), batch_tokens));
}

void score_rows(run::Engine& engine, const Windows& windows, const RowSink& sink,
                const WindowProgress& progress) {
  for (int64_t window = 0; window < windows.count(); ++window) {
    const std::vector<int32_t> ids = windows.window(window);
    for (int64_t first = 0; first < windows.context; first += engine.batch_tokens())
      score_call(engine, windows, ids, window, first, sink);
    progress(window + 1, windows.count());
  }
}

std::vector<double> negative_log_likelihoods(run::Engine& engine, const Windows& windows,
                                             const WindowProgress& progress) {
  std::vector<double> values;
  values.reserve(static_cast<size_t>(windows.rows()));
  const RowSink sink = [&](int64_t, int32_t next, std::span<const float> logits) {
    values.push_back(log_sum_exp(logits) - logits[static_cast<size_t>(next)]);
  };
  score_rows(engine, windows, sink, progress);
  return values;
}

}  // namespace clinfer::report
