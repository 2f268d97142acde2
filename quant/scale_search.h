#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "quant/half.h"
#include "quant/magnitude.h"

namespace clinfer::quant {

/// Sums over a block of values x, weights w and the codes' values q at one scale s: sum w (q s - x)^2, and
/// those of the least-squares scale for these codes, sum w q x / sum w q^2.
struct ScaleSums {
  double error = 0, qx = 0, qq = 0;

  ScaleSums& operator+=(const ScaleSums& other) {
    error += other.error;
    qx += other.qx;
    qq += other.qq;
    return *this;
  }
};

/// The sums of a row of values; quantise(x) is q at scale s. f32 in eight lanes of at most 32 terms (vector
/// code, relative error below 5e-6), f64 beyond.
template <class Quantise>
ScaleSums scale_sums(const float* x, const float* w, int64_t count, float scale, const Quantise& quantise) {
  constexpr int64_t kLanes = 8;
  constexpr int64_t kChunk = 256;
  ScaleSums sums;
  for (int64_t first = 0; first < count; first += kChunk) {
    const int64_t end = std::min(first + kChunk, count);
    float error[kLanes] = {}, qx[kLanes] = {}, qq[kLanes] = {};
    const auto add = [&](int64_t i, int64_t lane) {
      const float q = quantise(x[i]);
      const float difference = q * scale - x[i];
      const float weighted = w[i] * q;
      error[lane] += w[i] * (difference * difference);
      qx[lane] += weighted * x[i];
      qq[lane] += weighted * q;
    };
    for (int64_t i = first; i < end; i += kLanes) {
      const int64_t lanes = std::min(kLanes, end - i);
      if (lanes == kLanes) {  // a count that the compiler knows
        for (int64_t lane = 0; lane < kLanes; ++lane) add(i + lane, lane);
      } else {
        for (int64_t lane = 0; lane < lanes; ++lane) add(i + lane, lane);
      }
    }
    for (int64_t lane = 0; lane < kLanes; ++lane) sums += ScaleSums{error[lane], qx[lane], qq[lane]};
  }
  return sums;
}

/// A choice counts as better when its error is less by more than the rounding of the sums, so that a search
/// never ends worse than where it began.
inline bool is_better(double error, double best) {
  return error < best * (1 - 1e-5);
}

/// Which multiples of the first scale a search tries: first, ..., last, `steps` apart.
struct ScaleRange {
  float first, last;
  int steps;

  float at(int step) const {
    return first + (last - first) * static_cast<float>(step) / static_cast<float>(steps);
  }
};

/// Few levels gain from cutting off the largest values; many levels hardly do.
inline constexpr ScaleRange kFewLevels{0.35f, 1.1f, 30};
inline constexpr ScaleRange kManyLevels{0.7f, 1.02f, 16};

/// A scale and its error.
struct FoundScale {
  float scale;
  double error;
};

/// The scale of the least error: `start`, its multiples, and each refined once by least squares to its codes.
/// sums(s) gives the ScaleSums of a scale; stored(s) is what remains of it when it is written (a half, a
/// power of two). `start` must be as it is stored. Ends with `start` where it is zero or not finite.
template <class Sums, class Stored>
FoundScale search_scale(float start, ScaleRange range, const Sums& sums, const Stored& stored) {
  if (start == 0.0f || !std::isfinite(start)) return {start, 0};
  FoundScale best{start, sums(start).error};
  const auto consider = [&](float candidate) {
    const float scale = stored(candidate);
    if (scale == 0.0f || !std::isfinite(scale)) return ScaleSums{};
    const ScaleSums tried = sums(scale);
    if (is_better(tried.error, best.error)) best = {scale, tried.error};
    return tried;
  };
  for (int step = 0; step <= range.steps; ++step) {
    const ScaleSums tried = consider(start * range.at(step));
    if (tried.qx > 0 && tried.qq > 0) consider(static_cast<float>(tried.qx / tried.qq));
  }
  return best;
}

/// What a half keeps of a scale.
inline float stored_as_half(float scale) {
  return f16_to_f32(f32_to_f16(scale));
}

/// The integer from `low` to `top` nearest to value / scale, ties to even.
inline float nearest_level(float value, float scale, float low, float top) {
  return round_to_even(std::min(std::max(value / scale, low), top));
}

}  // namespace clinfer::quant
