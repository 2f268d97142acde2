#include "host/report/pareto.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace clinfer::report {

double log_loss(double loss) {
  return std::log10(std::max(loss, kLeastLoss));
}

std::vector<size_t> pareto_front(std::span<const Trade> trades) {
  std::vector<size_t> order(trades.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (trades[a].cost != trades[b].cost) return trades[a].cost < trades[b].cost;
    return trades[a].loss < trades[b].loss;
  });
  std::vector<size_t> front;
  for (const size_t i : order) {
    if (front.empty() || trades[i].loss < trades[front.back()].loss) front.push_back(i);
  }
  return front;
}

std::optional<size_t> knee(std::span<const Trade> trades) {
  const std::vector<size_t> front = pareto_front(trades);
  if (front.empty()) return std::nullopt;
  const Trade& cheap = trades[front.front()];
  const Trade& dear = trades[front.back()];
  const double costs = dear.cost - cheap.cost;
  const double losses = log_loss(cheap.loss) - log_loss(dear.loss);
  size_t best = front.front();
  double most = 0;
  for (const size_t i : front) {
    if (costs <= 0 || losses <= 0) break;
    const double x = (trades[i].cost - cheap.cost) / costs;
    const double y = (log_loss(trades[i].loss) - log_loss(dear.loss)) / losses;
    const double below = 1 - x - y;  // the line goes from (0, 1) to (1, 0)
    if (below > most + 1e-12) {
      most = below;
      best = i;
    }
  }
  return best;
}

}  // namespace clinfer::report
