#include "host/report/agreement.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "host/report/comparison.h"
#include "quant/error.h"

namespace clinfer::report {
namespace {

constexpr int64_t kMostRows = 32;
constexpr int64_t kMostValues = int64_t{16} << 20;

}  // namespace

LogitRows some_rows(run::Engine& engine, const Windows& windows, int64_t call_tokens) {
  const std::vector<int32_t> ids = windows.window(0);
  const int64_t vocab = engine.model().vocab_size;
  const int64_t count = std::clamp<int64_t>(kMostValues / vocab, 1, std::min(kMostRows, windows.scored()));
  const int64_t first = windows.context - count;
  LogitRows rows{static_cast<size_t>(vocab), {}};
  const int64_t step = std::min(call_tokens, engine.batch_tokens());
  for (int64_t at = 0; at < windows.context; at += step) {
    const int64_t size = std::min(step, windows.context - at);
    const int64_t from = std::max(at, first);
    std::vector<int32_t> wanted(static_cast<size_t>(std::max<int64_t>(at + size - from, 1)));
    std::iota(wanted.begin(), wanted.end(), static_cast<int32_t>(at + size > from ? from - at : 0));
    const auto logits = engine.forward(
        std::span(ids).subspan(static_cast<size_t>(at), static_cast<size_t>(size)), at, wanted);
    if (at + size > from) rows.values.insert(rows.values.end(), logits.begin(), logits.end());
  }
  return rows;
}

RunAgreement compare_rows(const std::string& what, const LogitRows& a, const LogitRows& b) {
  if (a.vocab == 0 || a.vocab != b.vocab || a.values.size() != b.values.size())
    throw Error(Fault::run, what + ": the two runs have different rows");
  RunAgreement result;
  result.what = what;
  std::vector<double> kl, top;
  for (size_t at = 0; at < a.values.size(); at += a.vocab) {
    const auto row_a = std::span(a.values).subspan(at, a.vocab);
    const auto row_b = std::span(b.values).subspan(at, a.vocab);
    for (size_t i = 0; i < a.vocab; ++i)
      result.max_abs = std::max(result.max_abs, std::fabs(static_cast<double>(row_a[i]) - row_b[i]));
    const RowComparison row = compare_row(keep_row(row_a, 0), row_b);
    kl.push_back(row.kl);
    top.push_back(row.same_top ? 1 : 0);
    result.identical_rows += std::memcmp(row_a.data(), row_b.data(), row_a.size_bytes()) == 0;
    ++result.rows;
  }
  result.kl = estimate(kl);
  result.top1 = estimate(top);
  return result;
}

}  // namespace clinfer::report
