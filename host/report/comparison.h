#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/report/base_logits.h"
#include "host/report/calibration.h"
#include "host/report/statistics.h"
#include "host/report/windows.h"

namespace clinfer::report {

/// One scored row of a candidate beside the base's.
struct RowComparison {
  double kl = 0;              ///< of the candidate from the base, sum p log(p / q), nats, >= 0
  double reverse_kl = 0;      ///< of the base from the candidate, sum q log(q / p)
  double jensen_shannon = 0;  ///< half of each to their mean, at most log 2
  bool same_top = false;      ///< both have the same most likely token
  double top5_overlap = 0;    ///< share of the base's five most likely tokens that are the candidate's too
  double top10_overlap = 0;
  double entropy_change = 0;  ///< candidate's minus base's, nats
  Guess base_guess;
  Guess guess;
  double base_margin = 0;  ///< logit of the base's first token minus its second's, nats
  double next_change = 0;  ///< probability of the token that came: candidate's minus base's
  double base_nll = 0;     ///< -log p of the token that came
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

/// Rows at positions [from, to) of their window.
struct DepthBucket {
  int64_t from = 0;
  int64_t to = 0;
  Estimate kl;
};

/// Rows whose token that came is of one kind.
struct ClassBucket {
  TokenClass kind = TokenClass::word;
  Estimate kl;
  Estimate nll_difference;
};

/// What a text says about a candidate.
struct Comparison {
  Estimate kl;
  Percentiles kl_percentiles;
  Estimate reverse_kl;
  Percentiles reverse_percentiles;
  Estimate jensen_shannon;
  Estimate top1;  ///< share of rows with the same most likely token
  Estimate top5;
  Estimate top10;
  Estimate entropy_change;
  double base_calibration_error = 0;  ///< expected_calibration_error()
  double calibration_error = 0;
  Estimate next_change;
  double next_change_rms = 0;
  Perplexity perplexity;
  Perplexity base_perplexity;
  Estimate nll_difference;      ///< paired: candidate's minus base's, row by row
  double window_error = 0;      ///< its standard error with windows as units; 0 for fewer than two
  double perplexity_ratio = 1;  ///< exp of it
  double ratio_error = 0;       ///< standard error of the ratio
  std::vector<MarginBucket> flips;
  std::vector<DepthBucket> kl_by_depth;  ///< equal parts of the scored half of the window, early to late
  std::vector<ClassBucket> by_class;     ///< kinds that the text has
  TextUnits units;                       ///< of the scored text
  double log_loss = 0;                   ///< sum of -log p over it, nats

  double bits_per_byte() const;
  double word_perplexity() const;  ///< exp of the loss a word; both 0 where the text's units are not known
};

/// `rows` are those of the windows, in order.
Comparison compare(std::span<const RowComparison> rows, const Windows& windows);

}  // namespace clinfer::report
