#include "host/report/draft_agreement.h"

#include <algorithm>

#include "host/report/base_logits.h"
#include "quant/error.h"

namespace clinfer::report {
namespace {

constexpr int64_t kMostTokens = 256;
constexpr int64_t kWarm = 4;  ///< first tokens of a window, of which nothing can be foretold

void add_window(run::Engine& engine, std::span<const int32_t> ids, std::vector<double>& same) {
  int32_t proposed = -1;
  for (size_t at = 0; at + 1 < ids.size(); ++at) {
    const int32_t row = 0;
    const auto position = static_cast<int64_t>(at);
    const int32_t likely = largest(engine.forward(ids.subspan(at, 1), position, std::span(&row, 1)), 1)[0];
    if (position > kWarm) same.push_back(likely == proposed ? 1 : 0);
    proposed = largest(engine.draft(ids.subspan(at + 1, 1), position), 1)[0];
  }
}

}  // namespace

DraftAgreement draft_agreement(run::Engine& engine, const Windows& windows) {
  if (!engine.has_draft()) throw Error(Fault::run, "the model has no draft module");
  std::vector<double> same;
  int64_t left = kMostTokens;
  for (int64_t window = 0; window < windows.count() && left > 0; ++window) {
    std::vector<int32_t> ids = windows.window(window);
    ids.resize(static_cast<size_t>(std::min(windows.context, left)));
    add_window(engine, ids, same);
    left -= windows.context;
  }
  return {estimate(same)};
}

}  // namespace clinfer::report
