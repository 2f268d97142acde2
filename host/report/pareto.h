#pragma once

#include <optional>
#include <span>
#include <vector>

namespace clinfer::report {

/// A divergence in nats that nobody notices: no top token changes in thousands.
inline constexpr double kLeastLoss = 1e-5;

/// Of both less is better.
struct Trade {
  double cost = 0;  ///< bytes
  double loss = 0;  ///< KL divergence, nats
};

/// Indices of the trades that no other beats in one without losing in the other, by rising cost. Of equal
/// trades the first counts.
std::vector<size_t> pareto_front(std::span<const Trade> trades);

/// The bend of the front: the trade farthest below the straight line from its cheapest to its dearest, in
/// cost and log10(loss), each scaled to [0, 1]. With fewer than three on the front the cheapest; nothing for
/// none. Losses below kLeastLoss
/// count as that.
std::optional<size_t> knee(std::span<const Trade> trades);

/// The loss as the axis of the plot has it.
double log_loss(double loss);

}  // namespace clinfer::report
