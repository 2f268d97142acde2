#include "host/report/passage.h"

#include <algorithm>
#include <numeric>

namespace clinfer::report {

void run_passage(run::Engine& engine, std::span<const int32_t> ids, int64_t first, int64_t end,
                 const PassageSink& sink) {
  const auto size = static_cast<int64_t>(ids.size());
  for (int64_t at = 0; at < size; at += engine.batch_tokens()) {
    const int64_t count = std::min(engine.batch_tokens(), size - at);
    const int64_t from = std::max(at, first);
    const int64_t to = std::min(at + count, end);
    // A call must ask for one row at least.
    std::vector<int32_t> rows(static_cast<size_t>(std::max<int64_t>(to - from, 1)));
    std::iota(rows.begin(), rows.end(), static_cast<int32_t>(to > from ? from - at : 0));
    const std::span<const float> logits =
        engine.forward(ids.subspan(static_cast<size_t>(at), static_cast<size_t>(count)), at, rows);
    const size_t vocab = logits.size() / rows.size();
    for (int64_t row = from; row < to; ++row)
      sink(row, logits.subspan(static_cast<size_t>(row - from) * vocab, vocab));
  }
}

}  // namespace clinfer::report
