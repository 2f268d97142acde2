#include "quant/nvfp4.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "quant/bytes.h"
#include "quant/importance.h"
#include "quant/magnitude.h"
#include "quant/minifloat.h"
#include "quant/scale_layout.h"
#include "quant/scale_search.h"

namespace clinfer::quant {
namespace {

constexpr int64_t kBlock = 16;
constexpr float kMaxFloat = std::numeric_limits<float>::max();
constexpr float kSpan = E4m3::kMax * E2m1::kMax;
using Pack = Packing<4>;

/// One profile for one matrix: what does not depend on the block.
struct Rule {
  Nvfp4Profile profile;
  float multiplier;  // t
  float divisor;     // u, about 1 / t

  Rule(Nvfp4Profile chosen, float amax) : profile(chosen) {
    const float largest = std::max(amax, 0x1p-100f);
    multiplier = profile == Nvfp4Profile::single ? 1.0f : largest / kSpan;
    divisor = profile == Nvfp4Profile::single ? 1.0f : kSpan / largest;
  }
};

uint8_t scale_code(const Rule& rule, float amax) {
  switch (rule.profile) {
    case Nvfp4Profile::modelopt: {
      const float scale = amax / (E2m1::kMax * rule.multiplier);
      return E4m3::encode(scale == 0.0f ? 1.0f : scale);
    }
    case Nvfp4Profile::compressed_tensors: {
      const uint8_t code = E4m3::encode(rule.divisor * (amax / E2m1::kMax));
      return code == 0 ? E4m3::encode(0.125f) : code;
    }
    case Nvfp4Profile::transformer_engine:
      return E4m3::encode(amax * (rule.divisor * (1.0f / E2m1::kMax)));
    case Nvfp4Profile::torchao:
    case Nvfp4Profile::single:
      break;
  }
  return E4m3::encode(std::max(amax / E2m1::kMax / rule.multiplier, 0x1p-6f));
}

float scaled(const Rule& rule, float value, float scale) {
  switch (rule.profile) {
    case Nvfp4Profile::modelopt:
      return value / (scale * rule.multiplier);
    case Nvfp4Profile::compressed_tensors:
      return value / (scale / rule.divisor);
    case Nvfp4Profile::transformer_engine:
      return value * std::min(1.0f / (scale * (1.0f / rule.divisor)), kMaxFloat);
    case Nvfp4Profile::torchao:
    case Nvfp4Profile::single:
      break;
  }
  return value * ((1.0f / rule.multiplier) / scale);
}

bool keeps_negative_zero(Nvfp4Profile profile) {
  return profile == Nvfp4Profile::torchao || profile == Nvfp4Profile::single;
}

/// The scale code of the least weighted error among those within an octave of `start`.
uint8_t search_code(const Rule& rule, uint8_t start, const float* values, const float* weights,
                    int64_t count) {
  const auto error_of = [&](int code) {
    const float scale = E4m3::kValues[static_cast<size_t>(code)];
    const auto quantise = [&](float x) { return E2m1::kValues[E2m1::encode(scaled(rule, x, scale))]; };
    return scale_sums(values, weights, count, scale * rule.multiplier, quantise).error;
  };
  constexpr int kOctave = 1 << E4m3::kMantissaBits;
  int best = start;
  double least = error_of(start);
  for (int code = std::max(1, start - kOctave);
       code <= std::min(static_cast<int>(E4m3::kMaxCode), start + kOctave); ++code) {
    const double error = code == start ? least : error_of(code);
    if (!is_better(error, least)) continue;
    least = error;
    best = code;
  }
  return static_cast<uint8_t>(best);
}

/// weights: nullptr for none, then the scale is that of the profile.
uint8_t encode_block(const Rule& rule, const float* values, const float* weights, int64_t count,
                     uint8_t* codes) {
  const float amax = max_magnitude(values, count);
  if (!(amax <= kMaxFloat)) {
    std::fill(codes, codes + count, uint8_t{0});
    return E4m3::kNanCode;
  }
  uint8_t code = scale_code(rule, amax);
  if (weights != nullptr) code = search_code(rule, code, values, weights, count);
  const float scale = E4m3::kValues[code];
  for (int64_t i = 0; i < count; ++i) {
    const bool no_sign = values[i] == 0.0f && !keeps_negative_zero(rule.profile);
    codes[i] = no_sign ? 0 : E2m1::encode(scaled(rule, values[i], scale));
  }
  return code;
}

ScaleRow layout_of(int64_t cols) {
  return scale_row(kNvfp4, cols);
}

}  // namespace

void decode_nvfp4(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out) {
  const ScaleRow layout = layout_of(cols);
  const uint8_t* row_scales = scales + row * layout.bytes;
  const float multiplier = load<float>(row_scales);
  for (int64_t block = 0; block < layout.blocks; ++block) {
    const int64_t first = block * kBlock;
    const int64_t count = std::min(kBlock, cols - first);
    const float scale = E4m3::kValues[row_scales[layout.scales + block]] * multiplier;
    uint8_t unpacked[kBlock];
    Pack::unpack(codes + row * Pack::row_bytes(cols), first, count, unpacked);
    for (int64_t i = 0; i < count; ++i) out[first + i] = E2m1::kValues[unpacked[i]] * scale;
  }
}

void encode_nvfp4_with(const EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                       uint8_t* codes, uint8_t* scales) {
  const float amax = options.matrix_amax ? *options.matrix_amax : finite_amax(values, rows, cols, cols);
  const Rule rule(options.profile.value_or(Nvfp4Profile::modelopt), amax);
  const std::vector<float> weights = searches(options) ? column_weights(options, cols) : std::vector<float>{};
  const ScaleRow layout = layout_of(cols);
  std::fill(scales, scales + rows * layout.bytes, uint8_t{0});
  std::vector<uint8_t> unpacked(static_cast<size_t>(cols));
  for (int64_t row = 0; row < rows; ++row) {
    uint8_t* row_scales = scales + row * layout.bytes;
    store(row_scales, rule.multiplier);
    for (int64_t block = 0; block < layout.blocks; ++block) {
      const int64_t first = block * kBlock;
      row_scales[layout.scales + block] =
          encode_block(rule, values + row * cols + first, weights.empty() ? nullptr : &weights[first],
                       std::min(kBlock, cols - first), &unpacked[first]);
    }
    Pack::pack_row(unpacked.data(), cols, codes + row * Pack::row_bytes(cols));
  }
}

void encode_nvfp4(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales) {
  encode_nvfp4_with({}, values, rows, cols, codes, scales);
}

}  // namespace clinfer::quant
