#include "host/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "quant/error.h"

namespace clinfer::report {
namespace {

constexpr double kMarginEdges[] = {0, 0.05, 0.2, 1, std::numeric_limits<double>::infinity()};
constexpr int64_t kDepthParts = 4;
/// A tail below this is rounding of the sum over the kept tokens.
constexpr double kLeastTail = 1e-9;

double divergence(const BaseRow& base, std::span<const float> logits, double log_sum) {
  double kl = 0;
  double base_mass = 0;
  double mass = 0;
  for (size_t i = 0; i < base.ids.size(); ++i) {
    const double base_log = base.logits[i] - base.log_sum_exp;
    const double own_log = logits[static_cast<size_t>(base.ids[i])] - log_sum;
    const double p = std::exp(base_log);
    kl += p * (base_log - own_log);
    base_mass += p;
    mass += std::exp(own_log);
  }
  const double tail = 1 - base_mass;
  if (!base.whole && tail > kLeastTail) kl += tail * std::log(tail / std::max(1 - mass, kLeastTail));
  return std::max(kl, 0.0);
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

std::vector<Estimate> by_depth(std::span<const RowComparison> rows, int64_t scored) {
  std::vector<std::vector<double>> parts(static_cast<size_t>(std::min(kDepthParts, scored)));
  const auto count = static_cast<int64_t>(parts.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t at = static_cast<int64_t>(i) % scored;
    parts[static_cast<size_t>(at * count / scored)].push_back(rows[i].kl);
  }
  std::vector<Estimate> estimates;
  for (const std::vector<double>& part : parts) estimates.push_back(estimate(part));
  return estimates;
}

}  // namespace

RowComparison compare_row(const BaseRow& base, std::span<const float> logits) {
  if (logits.size() < base.ids.size() || base.ids.empty())
    throw Error(Fault::run, "a row of logits does not have the base's vocabulary");
  RowComparison row;
  const double log_sum = log_sum_exp(logits);
  const std::vector<int32_t> top = largest(logits, 5);
  row.kl = divergence(base, logits, log_sum);
  row.same_top = top.front() == base.ids.front();
  row.top5_overlap = overlap(std::span(base.ids).first(top.size()), top);
  row.base_margin = base.logits.size() > 1 ? base.logits[0] - base.logits[1] : 0;
  row.base_nll = base.log_sum_exp - base.next_logit;
  row.nll = log_sum - logits[static_cast<size_t>(base.next)];
  row.next_change = std::exp(-row.nll) - std::exp(-row.base_nll);
  return row;
}

Comparison compare(std::span<const RowComparison> rows, int64_t scored) {
  Comparison c;
  const std::vector<double> kl = column(rows, [](const RowComparison& r) { return r.kl; });
  const std::vector<double> change = column(rows, [](const RowComparison& r) { return r.next_change; });
  c.kl = estimate(kl);
  c.kl_percentiles = percentiles(kl);
  c.top1 = estimate(column(rows, [](const RowComparison& r) { return r.same_top ? 1.0 : 0.0; }));
  c.top5 = estimate(column(rows, [](const RowComparison& r) { return r.top5_overlap; }));
  c.next_change = estimate(change);
  c.next_change_rms = root_mean_square(change);
  c.perplexity = perplexity(column(rows, [](const RowComparison& r) { return r.nll; }));
  c.base_perplexity = perplexity(column(rows, [](const RowComparison& r) { return r.base_nll; }));
  c.nll_difference = estimate(column(rows, [](const RowComparison& r) { return r.nll - r.base_nll; }));
  c.perplexity_ratio = std::exp(c.nll_difference.mean);
  c.ratio_error = c.perplexity_ratio * c.nll_difference.standard_error;
  c.flips = flips_by_margin(rows);
  c.kl_by_depth = by_depth(rows, scored);
  return c;
}

}  // namespace clinfer::report
