#include "quant/iq4_nl.h"

#include <algorithm>
#include <cmath>

#include "quant/bytes.h"
#include "quant/half.h"
#include "quant/importance.h"
#include "quant/magnitude.h"
#include "quant/vector_clones.h"

namespace clinfer::quant {
namespace {

constexpr int kElems = 32;
constexpr int kTries = 7;

/// The nearest code; the higher of two equally near.
int nearest_code(float scaled) {
  if (scaled <= kIq4NlValues[0]) return 0;
  if (scaled >= kIq4NlValues[15]) return 15;
  int above = 1;
  while (scaled >= kIq4NlValues[above]) ++above;
  return scaled - kIq4NlValues[above - 1] < kIq4NlValues[above] - scaled ? above - 1 : above;
}

/// Weighted sums of least-squares fits of d to the codes of value * inverse, for several inverses side by
/// side: d = qx / qq. Each sum runs in order; the fits are what vector code takes together.
struct Fits {
  static constexpr int kCount = 2 * kTries + 2;
  float inverse[kCount] = {};
  float qx[kCount] = {}, qq[kCount] = {};

  QUANT_VECTOR_CLONES void sum(const float* values, const float* weights);

  float scale(int fit) const { return qq[fit] > 0.0f ? qx[fit] / qq[fit] : 0.0f; }
};

void Fits::sum(const float* values, const float* weights) {
  for (int i = 0; i < kElems; ++i) {
    const float value = values[i];
    const float weight = weights[i];
    for (int fit = 0; fit < kCount; ++fit) {
      // The nearest value: a step up at each midpoint. Midpoints and steps are exact.
      const float scaled = inverse[fit] * value;
      float q = kIq4NlValues[0];
      for (int code = 1; code < 16; ++code) {
        const float step = kIq4NlValues[code] - kIq4NlValues[code - 1];
        q += scaled >= (kIq4NlValues[code] + kIq4NlValues[code - 1]) / 2 ? step : 0.0f;
      }
      qx[fit] += weight * q * value;
      qq[fit] += weight * q * q;
    }
  }
}

/// The scale of the best of all fits, the first of which has no step.
float searched_scale(const Fits& fits) {
  float scale = fits.scale(0);
  float best = scale * fits.qx[0];
  for (int fit = 1; fit < Fits::kCount; ++fit) {
    if (fits.qq[fit] > 0.0f && fits.qx[fit] * fits.qx[fit] > best * fits.qq[fit]) {
      scale = fits.scale(fit);
      best = scale * fits.qx[fit];
    }
  }
  return scale;
}

/// How much the errors of a block matter: value^2, or as ggml uses an importance matrix.
void weigh(const float* values, const float* importance, float* weights) {
  float squares = 0.0f;
  for (int i = 0; i < kElems; ++i) squares += values[i] * values[i];
  const float spread = squares * (2.0f / kElems);
  for (int i = 0; i < kElems; ++i) {
    const float square = values[i] * values[i];
    weights[i] = importance != nullptr ? importance[i] * std::sqrt(spread + square) : square;
  }
}

/// importance: nullptr for none.
/// ggml's quantize_row_iq4_nl_ref runs its search with -1 tries: none from -(-1) to -1.
void encode_block(const float* values, const float* importance, ScaleSearch search, uint8_t* block) {
  const float amax = max_magnitude(values, kElems);
  if (!(amax <= 0x1p60f)) {
    std::fill(block, block + 18, uint8_t{0});
    store(block, kF16Nan);
    return;
  }
  float largest = 0.0f;  // the first of equal magnitudes
  for (int i = 0; i < kElems; ++i) {
    if (std::fabs(values[i]) > std::fabs(largest)) largest = values[i];
  }
  float scale = 0.0f;
  float inverse = 0.0f;
  if (amax >= 1e-15f) {
    float weights[kElems];
    weigh(values, importance, weights);
    const bool searches = search == ScaleSearch::search;
    const float start = searches ? -largest / kIq4NlValues[0] : largest / kIq4NlValues[0];
    inverse = 1 / start;
    Fits fits;
    fits.inverse[0] = inverse;
    for (int step = -kTries; step <= kTries; ++step)
      fits.inverse[step + kTries + 1] = (static_cast<float>(step) + kIq4NlValues[0]) / largest;
    fits.sum(values, weights);
    scale = fits.scale(0);
    if (searches) {
      scale = searched_scale(fits);
      inverse = scale != 0.0f ? 1 / scale : 0.0f;
    }
  }
  // Sums that overflow leave a NaN whose sign differs between processors.
  store(block, std::isnan(scale) ? kF16Nan : f32_to_f16(scale));
  for (int j = 0; j < 16; ++j) {
    const int low = nearest_code(inverse * values[j]);
    const int high = nearest_code(inverse * values[j + 16]);
    block[2 + j] = static_cast<uint8_t>(low | high << 4);
  }
}

}  // namespace

void decode_iq4_nl(const uint8_t* block, float* out) {
  const float d = f16_to_f32(load<uint16_t>(block));
  for (int j = 0; j < 16; ++j) {
    out[j] = d * kIq4NlValues[block[2 + j] & 15];
    out[j + 16] = d * kIq4NlValues[block[2 + j] >> 4];
  }
}

void encode_iq4_nl(const float* values, uint8_t* block) {
  encode_block(values, nullptr, ScaleSearch::search, block);
}

void encode_iq4_nl_with(const EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                        uint8_t* codes, uint8_t*) {
  const ScaleSearch search = options.search.value_or(ScaleSearch::search);
  const bool weighted = search == ScaleSearch::search && !options.importance.empty();
  const std::vector<float> weights = weighted ? column_weights(options, cols) : std::vector<float>{};
  const int64_t blocks = blocks_in_row(cols, kElems);
  for (int64_t block = 0; block < rows * blocks; ++block) {
    const float* importance = weighted ? weights.data() + block % blocks * kElems : nullptr;
    encode_block(values + block * kElems, importance, search, codes + block * 18);
  }
}

}  // namespace clinfer::quant
