#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "host/config/run_config.h"

namespace clinfer::generate {

/// A token that may come next, with its probability after all filters.
struct Candidate {
  int32_t id = 0;
  double probability = 0;
};

/// Candidates in falling order of probability (equal ones: lower id first), summing to one.
using Distribution = std::vector<Candidate>;

double probability_of(const Distribution& distribution, int32_t id);

/// Turns logits into the next token. The order of steps is Hugging Face's: repetition penalty (Keskar et al.
/// 2019), temperature, top_k, top_p (Holtzman et al. 2020), min_p (Nguyen et al. 2024). Temperature 0 leaves
/// the likeliest token alone. The generator is std::mt19937_64, so equal seeds give equal draws everywhere.
class Sampler {
 public:
  explicit Sampler(const config::GenerateConfig& config) : config_(config), random_(config.seed) {}

  /// `history`: the tokens so far, the last repetition_window of which are penalised. Throws
  /// Error(Fault::run) when no logit is finite or one is NaN.
  Distribution distribution(std::span<const float> logits, std::span<const int32_t> history) const;

  int32_t draw(const Distribution& distribution);

  /// Speculative sampling (Leviathan et al. 2023): keeps a token drafted from `draft` with probability
  /// min(1, target / draft).
  bool accept(int32_t drafted, const Distribution& target, const Distribution& draft);
  /// The token that replaces a refused draft: drawn from max(target - draft, 0), normalised.
  int32_t draw_residual(const Distribution& target, const Distribution& draft);

 private:
  double uniform();  ///< [0, 1)

  config::GenerateConfig config_;
  std::mt19937_64 random_;
};

}  // namespace clinfer::generate
