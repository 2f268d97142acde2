#include "host/report/base_logits.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/report/statistics.h"

namespace clinfer::report {

std::vector<int32_t> largest(std::span<const float> values, size_t count) {
  count = std::min(count, values.size());
  std::vector<int32_t> ids(values.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto before = [&](int32_t a, int32_t b) {
    const float va = values[static_cast<size_t>(a)];
    const float vb = values[static_cast<size_t>(b)];
    return va != vb ? va > vb : a < b;
  };
  const auto end = ids.begin() + static_cast<std::ptrdiff_t>(count);
  if (count < ids.size()) std::nth_element(ids.begin(), end, ids.end(), before);
  ids.resize(count);
  std::sort(ids.begin(), ids.end(), before);
  return ids;
}

double BaseRow::kept_mass() const {
  double mass = 0;
  for (const float logit : logits) mass += std::exp(logit - log_sum_exp);
  return mass;
}

double entropy_of(std::span<const float> logits, double log_sum) {
  double entropy = 0;
  for (const float logit : logits) {
    const double log_p = logit - log_sum;
    entropy -= std::exp(log_p) * log_p;
  }
  return entropy;
}

BaseRow keep_row(std::span<const float> logits, int32_t next, size_t kept) {
  BaseRow row;
  row.ids = largest(logits, kept);
  for (const int32_t id : row.ids) row.logits.push_back(logits[static_cast<size_t>(id)]);
  row.log_sum_exp = log_sum_exp(logits);
  row.entropy = entropy_of(logits, row.log_sum_exp);
  row.next = next;
  row.next_logit = logits[static_cast<size_t>(next)];
  row.whole = row.ids.size() == logits.size();
  return row;
}

}  // namespace clinfer::report
