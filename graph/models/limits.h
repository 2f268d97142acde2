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
inline constexpr int64_t kMaxExperts = 65536;
inline constexpr int64_t kMaxExpertsOfAllLayers = int64_t{1} << 18;  ///< each may have tensors of its own
inline constexpr int64_t kMaxVocab = int64_t{1} << 24;
inline constexpr int64_t kMaxPositions = int64_t{1} << 30;

/// Throws Error(Fault::model) "FILE: KEY MESSAGE" unless ok.
inline void require_key(const Meta& config, bool ok, std::string_view key, std::string_view message) {
  if (!ok) throw Error(Fault::model, config.file() + ": " + std::string(key) + " " + std::string(message));
}

inline float read_eps(const Meta& config) {
  const double eps = config.number_or("rms_norm_eps", 1e-6);
  require_key(config, eps >= 0 && eps < 1, "rms_norm_eps", "must be in [0, 1)");
  return static_cast<float>(eps);
}

inline void require_silu(const Meta& config) {
  const std::string act = config.string_or("hidden_act", "silu");
  require_key(config, act == "silu" || act == "swish", "hidden_act", "must be \"silu\", got \"" + act + "\"");
}

}  // namespace clinfer::graph
