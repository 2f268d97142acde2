#include "graph/ops/highest_rows.h"

#include <algorithm>
#include <numeric>

namespace clinfer::graph {

void choose_highest(const std::vector<double>& scores, int64_t count, double* ids) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(order.size(), static_cast<size_t>(count)));
  std::sort(order.begin(), order.end());
  std::fill(ids, ids + count, -1.0);
  std::copy(order.begin(), order.end(), ids);
}

}  // namespace clinfer::graph
