#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/report/base_logits.h"
#include "host/report/statistics.h"

namespace clinfer::report {

/// One scored row of a candidate beside the base's.
struct RowComparison {
  double kl = 0;            ///< of the candidate from the base, nats, >= 0
  bool same_top = false;    ///< both have the same most likely token
  double top5_overlap = 0;  ///< share of the base's five most likely tokens that are the candidate's too
  double base_margin = 0;   ///< logit of the base's first token minus its second's, nats
  double next_change = 0;   ///< probability of the token that came: candidate's minus base's
  double base_nll = 0;      ///< -log p of the token that came
  double nll = 0;
};

/// Throws Error(Fault::run) when the logits are not finite or fewer than the base's ids.
RowComparison compare_row(const BaseRow& base, std::span<const float> logits);

/// Rows whose base margin lies in [from, to): a flip at a margin of 0.05 nats is noise, above 1 nat damage.
struct MarginBucket {
  double from = 0;
  double to = 0;  ///< infinity in the last
  int64_t rows = 0;
  int64_t flips = 0;  ///< rows with another most likely token
};

/// What a text says about a candidate.
struct Comparison {
  Estimate kl;
  Percentiles kl_percentiles;
  Estimate top1;  ///< share of rows with the same most likely token
  Estimate top5;
  Estimate next_change;
  double next_change_rms = 0;
  Perplexity perplexity;
  Perplexity base_perplexity;
  Estimate nll_difference;      ///< paired: candidate's minus base's, row by row
  double perplexity_ratio = 1;  ///< exp of it
  double ratio_error = 0;       ///< standard error of the ratio
  std::vector<MarginBucket> flips;
  std::vector<Estimate> kl_by_depth;  ///< over equal parts of the scored half of the window, early to late
};

/// `scored` rows a window, in order.
Comparison compare(std::span<const RowComparison> rows, int64_t scored);

}  // namespace clinfer::report
