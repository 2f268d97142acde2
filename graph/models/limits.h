#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "graph/meta.h"
#include "quant/error.h"

namespace clinfer::graph {

// Bounds on hyper-parameters, far above any published model: products of any three fit in 63 bits.
inline constexpr int64_t kMaxLayers = 4096;
inline constexpr int64_t kMaxWidth = int64_t{1} << 20;
inline constexpr int64_t kMaxHeads = 4096;
inline constexpr int64_t kMaxTaps = 64;  ///< of a causal convolution
inline constexpr int64_t kMaxExperts = 65536;
inline constexpr int64_t kMaxExpertsOfAllLayers = int64_t{1} << 18;  ///< each may have tensors of its own
inline constexpr int64_t kMaxVocab = int64_t{1} << 24;
inline constexpr int64_t kMaxPositions = int64_t{1} << 30;

/// Throws Error(Fault::model) "FILE: KEY MESSAGE" unless ok.
inline void require_key(const Meta& config, bool ok, std::string_view key, std::string_view message) {
  if (!ok) throw Error(Fault::model, config.file() + ": " + std::string(key) + " " + std::string(message));
}

inline float read_eps(const Meta& config, std::string_view key = "rms_norm_eps", double fallback = 1e-6) {
  const double eps = config.number_or(key, fallback);
  require_key(config, eps >= 0 && eps < 1, key, "must be in [0, 1)");
  return static_cast<float>(eps);
}

/// A factor of the configuration, positive; its inverse is a float too.
inline float read_factor(const Meta& config, std::string_view key, double fallback) {
  const auto factor = static_cast<float>(config.number_or(key, fallback));
  const bool usable = factor >= 1e-30f && factor <= 1e30f;
  require_key(config, usable, key, "must be in [1e-30, 1e30]");
  return factor;
}

}  // namespace clinfer::graph
