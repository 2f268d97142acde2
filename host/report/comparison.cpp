#include "host/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include "quant/error.h"

namespace clinfer::report {
namespace {

constexpr double kMarginEdges[] = {0, 0.05, 0.2, 1, std::numeric_limits<double>::infinity()};
constexpr int64_t kDepthParts = 8;
/// A tail below this is rounding of the sum over the kept tokens.
constexpr double kLeastTail = 1e-9;

/// Adds one outcome, of probability exp(base_log) and exp(own_log), to the three divergences.
void add_outcome(double base_log, double own_log, RowComparison& row) {
  const double p = std::exp(base_log);
  const double q = std::exp(own_log);
  const double middle = std::log((p + q) / 2);
  row.kl += p * (base_log - own_log);
  row.reverse_kl += q * (own_log - base_log);
  if (p + q > 0) row.jensen_shannon += (p * (base_log - middle) + q * (own_log - middle)) / 2;
}

void add_divergences(const BaseRow& base, std::span<const float> logits, double log_sum, RowComparison& row) {
  double base_mass = 0;
  double mass = 0;
  for (size_t i = 0; i < base.ids.size(); ++i) {
    const double base_log = base.logits[i] - base.log_sum_exp;
    const double own_log = logits[static_cast<size_t>(base.ids[i])] - log_sum;
    add_outcome(base_log, own_log, row);
    base_mass += std::exp(base_log);
    mass += std::exp(own_log);
  }
  const double tail = 1 - base_mass;
  if (!base.whole && tail > kLeastTail)
    add_outcome(std::log(tail), std::log(std::max(1 - mass, kLeastTail)), row);
  for (double* value : {&row.kl, &row.reverse_kl, &row.jensen_shannon}) *value = std::max(*value, 0.0);
}

double overlap(std::span<const int32_t> a, std::span<const int32_t> b) {
  const auto shared = std::count_if(a.begin(), a.end(),
                                    [&](int32_t id) { return std::find(b.begin(), b.end(), id) != b.end(); });
  return static_cast<double>(shared) / static_cast<double>(std::max<size_t>(a.size(), 1));
}

template <class Get>
std::vector<double> column(std::span<const RowComparison> rows, Get get) {
  std::vector<double> values;
  values.reserve(rows.size());
  for (const RowComparison& row : rows) values.push_back(get(row));
  return values;
}

std::vector<MarginBucket> flips_by_margin(std::span<const RowComparison> rows) {
  std::vector<MarginBucket> buckets;
  for (size_t i = 0; i + 1 < std::size(kMarginEdges); ++i)
    buckets.push_back({kMarginEdges[i], kMarginEdges[i + 1], 0, 0});
  for (const RowComparison& row : rows) {
    const auto inside = [&](const MarginBucket& b) { return row.base_margin < b.to; };
    MarginBucket& bucket = *std::find_if(buckets.begin(), buckets.end() - 1, inside);
    ++bucket.rows;
    bucket.flips += !row.same_top;
  }
  return buckets;
}

std::vector<DepthBucket> by_depth(std::span<const RowComparison> rows, const Windows& windows) {
  const int64_t scored = windows.scored();
  const int64_t count = std::min(kDepthParts, scored);
  std::vector<std::vector<double>> parts(static_cast<size_t>(count));
  std::vector<DepthBucket> buckets(parts.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t at = static_cast<int64_t>(i) % scored;
    const auto part = static_cast<size_t>(at * count / scored);
    parts[part].push_back(rows[i].kl);
    DepthBucket& bucket = buckets[part];
    if (bucket.to == 0) bucket.from = windows.first_scored() + at;
    bucket.to = std::max(bucket.to, windows.first_scored() + at + 1);
  }
  for (size_t i = 0; i < parts.size(); ++i) buckets[i].kl = estimate(parts[i]);
  return buckets;
}

std::vector<ClassBucket> by_class(std::span<const RowComparison> rows, const Windows& windows) {
  std::map<TokenClass, std::pair<std::vector<double>, std::vector<double>>> parts;
  for (size_t i = 0; i < std::min(rows.size(), windows.classes.size()); ++i) {
    auto& [kl, nll] = parts[windows.classes[i]];
    kl.push_back(rows[i].kl);
    nll.push_back(rows[i].nll - rows[i].base_nll);
  }
  std::vector<ClassBucket> buckets;
  for (const auto& [kind, values] : parts)
    buckets.push_back({kind, estimate(values.first), estimate(values.second)});
  return buckets;
}

/// Tokens of a window belong together: the spread of the windows' means says more than that of tokens.
double error_of_windows(std::span<const double> values, int64_t scored) {
  std::vector<double> means;
  const auto step = static_cast<size_t>(scored);
  for (size_t at = 0; at + step <= values.size(); at += step)
    means.push_back(estimate(values.subspan(at, step)).mean);
  return estimate(means).standard_error;
}

void add_calibration(std::span<const RowComparison> rows, Comparison& c) {
  std::vector<Guess> base, own;
  for (const RowComparison& row : rows) {
    base.push_back(row.base_guess);
    own.push_back(row.guess);
  }
  c.base_calibration_error = expected_calibration_error(base);
  c.calibration_error = expected_calibration_error(own);
}

}  // namespace

RowComparison compare_row(const BaseRow& base, std::span<const float> logits) {
  if (logits.size() < base.ids.size() || base.ids.empty())
    throw Error(Fault::run, "a row of logits does not have the base's vocabulary");
  RowComparison row;
  const double log_sum = log_sum_exp(logits);
  const std::vector<int32_t> top = largest(logits, 10);
  const auto shared = [&](size_t count) {
    const size_t n = std::min({count, top.size(), base.ids.size()});
    return overlap(std::span(base.ids).first(n), std::span(top).first(n));
  };
  add_divergences(base, logits, log_sum, row);
  row.same_top = top.front() == base.ids.front();
  row.top5_overlap = shared(5);
  row.top10_overlap = shared(10);
  row.entropy_change = entropy_of(logits, log_sum) - base.entropy;
  row.base_guess = {std::exp(base.logits[0] - base.log_sum_exp), base.ids[0] == base.next};
  row.guess = {std::exp(logits[static_cast<size_t>(top[0])] - log_sum), top[0] == base.next};
  row.base_margin = base.logits.size() > 1 ? base.logits[0] - base.logits[1] : 0;
  row.base_nll = base.log_sum_exp - base.next_logit;
  row.nll = log_sum - logits[static_cast<size_t>(base.next)];
  row.next_change = std::exp(-row.nll) - std::exp(-row.base_nll);
  return row;
}

double Comparison::bits_per_byte() const {
  return units.bytes > 0 ? log_loss / std::numbers::ln2 / static_cast<double>(units.bytes) : 0;
}

double Comparison::word_perplexity() const {
  return units.words > 0 ? std::exp(log_loss / static_cast<double>(units.words)) : 0;
}

Comparison compare(std::span<const RowComparison> rows, const Windows& windows) {
  Comparison c;
  const std::vector<double> kl = column(rows, [](const RowComparison& r) { return r.kl; });
  const std::vector<double> change = column(rows, [](const RowComparison& r) { return r.next_change; });
  c.kl = estimate(kl);
  c.kl_percentiles = percentiles(kl);
  const std::vector<double> reverse = column(rows, [](const RowComparison& r) { return r.reverse_kl; });
  c.reverse_kl = estimate(reverse);
  c.reverse_percentiles = percentiles(reverse);
  c.jensen_shannon = estimate(column(rows, [](const RowComparison& r) { return r.jensen_shannon; }));
  c.entropy_change = estimate(column(rows, [](const RowComparison& r) { return r.entropy_change; }));
  c.top10 = estimate(column(rows, [](const RowComparison& r) { return r.top10_overlap; }));
  c.top1 = estimate(column(rows, [](const RowComparison& r) { return r.same_top ? 1.0 : 0.0; }));
  c.top5 = estimate(column(rows, [](const RowComparison& r) { return r.top5_overlap; }));
  c.next_change = estimate(change);
  c.next_change_rms = root_mean_square(change);
  c.perplexity = perplexity(column(rows, [](const RowComparison& r) { return r.nll; }));
  c.base_perplexity = perplexity(column(rows, [](const RowComparison& r) { return r.base_nll; }));
  const std::vector<double> loss = column(rows, [](const RowComparison& r) { return r.nll - r.base_nll; });
  c.nll_difference = estimate(loss);
  c.window_error = error_of_windows(loss, windows.scored());
  c.perplexity_ratio = std::exp(c.nll_difference.mean);
  c.ratio_error = c.perplexity_ratio * c.nll_difference.standard_error;
  c.flips = flips_by_margin(rows);
  c.kl_by_depth = by_depth(rows, windows);
  c.by_class = by_class(rows, windows);
  c.units = windows.units;
  for (const RowComparison& row : rows) c.log_loss += row.nll;
  add_calibration(rows, c);
  return c;
}

}  // namespace clinfer::report
