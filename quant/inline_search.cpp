#include "quant/inline_search.h"

#include "quant/scale_search.h"

namespace clinfer::quant {
namespace {

constexpr int kManyCodes = 64;

ScaleRange range_of(int levels) {
  return levels > kManyCodes ? kManyLevels : kFewLevels;
}

/// Weighted sums of values x and codes q of a block at one affine.
struct AffineSums {
  double error = 0, w = 0, x = 0, q = 0, qq = 0, qx = 0;

  AffineSums(const float* values, const float* weights, HalfAffine at, float top) {
    for (int i = 0; i < kInlineElems; ++i) {
      const float code = nearest_level(values[i] - at.m, at.d, 0.0f, top);
      const double difference = double{code * at.d + at.m} - double{values[i]};
      const double weighted = double{weights[i]} * double{code};
      error += double{weights[i]} * difference * difference;
      w += double{weights[i]};
      x += double{weights[i]} * double{values[i]};
      q += weighted;
      qq += weighted * double{code};
      qx += weighted * double{values[i]};
    }
  }

  /// The affine that fits these codes best; d = 0 where there is none.
  HalfAffine fitted() const {
    const double determinant = w * qq - q * q;
    if (!(determinant > 0)) return {0, 0};
    return {static_cast<float>((w * qx - x * q) / determinant),
            static_cast<float>((qq * x - q * qx) / determinant)};
  }
};

}  // namespace

bool search_half_scale(const float* values, const float* weights, int low, int top, float& d,
                       uint8_t* codes) {
  if (d == 0.0f || !std::isfinite(d)) return false;
  const auto least = static_cast<float>(low);
  const auto most = static_cast<float>(top);
  const auto sums = [&](float scale) {
    return scale_sums(values, weights, kInlineElems, scale,
                      [=](float x) { return nearest_level(x, scale, least, most); });
  };
  FoundScale found = search_scale(d, range_of(top - low), sums, stored_as_half);
  if (low + top < 0) {  // the other sign has the longer side for the values beyond zero
    const FoundScale other = search_scale(-d, range_of(top - low), sums, stored_as_half);
    if (is_better(other.error, found.error)) found = other;
  }
  d = found.scale;
  for (int i = 0; i < kInlineElems; ++i)
    codes[i] = static_cast<uint8_t>(static_cast<int>(nearest_level(values[i], d, least, most)) - low);
  return true;
}

bool search_half_affine(const float* values, const float* weights, int top, HalfAffine& affine,
                        uint8_t* codes) {
  if (affine.d == 0.0f || !std::isfinite(affine.d) || !std::isfinite(affine.m)) return false;
  const auto most = static_cast<float>(top);
  const HalfAffine start = affine;
  double least = AffineSums(values, weights, start, most).error;
  const auto consider = [&](HalfAffine wanted) {
    const HalfAffine tried{stored_as_half(wanted.d), stored_as_half(wanted.m)};
    if (!(tried.d > 0.0f) || !std::isfinite(tried.d) || !std::isfinite(tried.m)) return HalfAffine{0, 0};
    const AffineSums sums(values, weights, tried, most);
    if (is_better(sums.error, least)) {
      least = sums.error;
      affine = tried;
    }
    return sums.fitted();
  };
  const float centre = start.m + start.d * most / 2;
  for (int step = 0; step <= kFewLevels.steps; ++step) {
    const float d = start.d * kFewLevels.at(step);
    consider(consider({d, centre - d * most / 2}));
  }
  for (int i = 0; i < kInlineElems; ++i)
    codes[i] = static_cast<uint8_t>(nearest_level(values[i] - affine.m, affine.d, 0.0f, most));
  return true;
}

}  // namespace clinfer::quant
