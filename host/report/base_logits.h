#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace clinfer::report {

/// Logits that are kept of the unquantised run: exact float32 of the most likely tokens. What lies outside
/// counts as one token whose probability is known exactly, so KL divergences are lower bounds that miss at
/// most what the tail's tokens differ among themselves.
inline constexpr size_t kKeptLogits = 512;

/// One scored row of the unquantised run.
struct BaseRow {
  std::vector<int32_t> ids;   ///< most likely first, ties by id
  std::vector<float> logits;  ///< of ids
  double log_sum_exp = 0;     ///< of all logits
  int32_t next = 0;           ///< the token that came
  double next_logit = 0;
  double entropy = 0;  ///< of the whole distribution, nats
  bool whole = false;  ///< ids is the whole vocabulary

  double kept_mass() const;  ///< probability of ids together
};

BaseRow keep_row(std::span<const float> logits, int32_t next, size_t kept = kKeptLogits);

/// -sum p log p of the distribution whose logits and log-sum-exp these are, nats.
double entropy_of(std::span<const float> logits, double log_sum);

/// Indices of the `count` largest values, largest first, ties by index.
std::vector<int32_t> largest(std::span<const float> values, size_t count);

}  // namespace clinfer::report
