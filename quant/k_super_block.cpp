#include "quant/k_super_block.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "quant/bytes.h"
#include "quant/half.h"
#include "quant/magnitude.h"

namespace clinfer::quant {
namespace {

constexpr float kLargest = 0x1p60f;
constexpr float kSixBits = 63.0f;

/// What a search ends with for a sub-block: value = code * step + least, least <= 0.
struct Affine {
  float step, least;
};

uint8_t code_of(float value, float least, float inverse, int top) {
  return static_cast<uint8_t>(std::clamp(nearest_int(inverse * (value - least)), 0, top));
}

float weighted_error(const float* values, const float* weights, const uint8_t* codes, Affine affine) {
  float error = 0.0f;
  for (int i = 0; i < kSubBlock; ++i) {
    const float difference = affine.step * static_cast<float>(codes[i]) + affine.least - values[i];
    error += weights[i] * (difference * difference);
  }
  return error;
}

/// Weighted sums over a sub-block of values x and codes l.
struct Sums {
  float w = 0, x = 0;           // of the values, once
  float l = 0, l2 = 0, xl = 0;  // of one set of codes

  void add_codes(const float* values, const float* weights, const uint8_t* codes) {
    l = l2 = xl = 0;
    for (int i = 0; i < kSubBlock; ++i) {
      const auto code = static_cast<float>(codes[i]);
      const float weighted = weights[i] * code;
      l += weighted;
      l2 += weighted * code;
      xl += weighted * values[i];
    }
  }

  float determinant() const { return w * l2 - l * l; }

  /// The step and least value that fit the codes best, least <= 0.
  Affine fitted() const {
    const float d = determinant();
    const Affine free{(w * xl - x * l) / d, (l2 * x - l * xl) / d};
    return free.least > 0 ? Affine{xl / l2, 0.0f} : free;
  }
};

/// Searches step and least value of a sub-block and leaves its codes.
Affine search_sub_block(const float* values, const float* weights, const StepSearch& search, uint8_t* codes) {
  float min = values[0];
  float max = values[0];
  Sums sums;
  sums.w = weights[0];
  sums.x = sums.w * values[0];
  for (int i = 1; i < kSubBlock; ++i) {
    min = values[i] < min ? values[i] : min;
    max = values[i] > max ? values[i] : max;
    sums.w += weights[i];
    sums.x += weights[i] * values[i];
  }
  min = std::min(min, 0.0f);
  if (max == min) {
    std::fill(codes, codes + kSubBlock, uint8_t{0});
    return {0.0f, min};
  }
  const auto top = static_cast<float>(search.top);
  float inverse = top / (max - min);
  Affine best{1 / inverse, min};
  for (int i = 0; i < kSubBlock; ++i) codes[i] = code_of(values[i], min, inverse, search.top);
  float best_error = weighted_error(values, weights, codes, best);
  for (int k = 0; k <= search.count; ++k) {
    inverse = (search.first + search.delta * static_cast<float>(k) + top) / (max - best.least);
    uint8_t tried[kSubBlock];
    for (int i = 0; i < kSubBlock; ++i) tried[i] = code_of(values[i], best.least, inverse, search.top);
    sums.add_codes(values, weights, tried);
    if (!(sums.determinant() > 0)) continue;
    const Affine affine = sums.fitted();
    const float error = weighted_error(values, weights, tried, affine);
    if (error < best_error) {
      std::copy(tried, tried + kSubBlock, codes);
      best_error = error;
      best = affine;
    }
  }
  return best;
}

void store_pair(uint8_t* b, int j, int scale, int min) {
  if (j < 4) {
    b[j] = static_cast<uint8_t>(scale);
    b[j + 4] = static_cast<uint8_t>(min);
  } else {
    b[j + 4] = static_cast<uint8_t>((scale & 15) | (min & 15) << 4);
    b[j - 4] = static_cast<uint8_t>(b[j - 4] | scale >> 4 << 6);
    b[j] = static_cast<uint8_t>(b[j] | min >> 4 << 6);
  }
}

int six_bits(float scaled) {
  return std::min(63, nearest_int(scaled) & 255);
}

void store_header(const float* steps, const float* offsets, uint8_t* header) {
  const float max_step = std::max(0.0f, *std::max_element(steps, steps + kSubBlocks));
  const float max_offset = std::max(0.0f, *std::max_element(offsets, offsets + kSubBlocks));
  const float inverse_step = max_step > 0 ? kSixBits / max_step : 0.0f;
  const float inverse_offset = max_offset > 0 ? kSixBits / max_offset : 0.0f;
  for (int j = 0; j < kSubBlocks; ++j)
    store_pair(header + 4, j, six_bits(inverse_step * steps[j]), six_bits(inverse_offset * offsets[j]));
  store(header, f32_to_f16(max_step / kSixBits));
  store(header + 2, f32_to_f16(max_offset / kSixBits));
}

/// Clears the header. False for values that cannot be encoded, with what stands for them.
bool begin_super_block(const float* values, uint8_t* header, uint8_t* codes) {
  std::fill(header, header + kHeaderBytes, uint8_t{0});
  if (max_magnitude(values, kSuperBlock) <= kLargest) return true;
  std::fill(codes, codes + kSuperBlock, uint8_t{0});
  store(header, kF16Nan);
  return false;
}

/// The codes that follow from the stored steps.
void code_by_header(const float* values, int top, const uint8_t* header, uint8_t* codes) {
  const SubBlockScales stored = load_sub_block_scales(header);
  for (int i = 0; i < kSuperBlock; ++i) {
    const float step = stored.step[i / kSubBlock];
    if (step == 0.0f) continue;  // codes stay those of the search
    const int code = nearest_int((values[i] + stored.offset[i / kSubBlock]) / step);
    codes[i] = static_cast<uint8_t>(std::clamp(code, 0, top));
  }
}

/// Weighted sums of eight non-negative values and their six-bit codes; the unit that fits them is xl / l2.
struct SixBitFit {
  const float* values;
  const float* weights;
  float xl = 0, l2 = 0;

  void add(int j, int code, float sign) {
    const auto level = static_cast<float>(code);
    xl += sign * (weights[j] * values[j] * level);
    l2 += sign * (weights[j] * level * level);
  }

  /// Moves code j to where it fits the others' unit best; whether that is better for all.
  bool improve(int j, uint8_t& code) {
    SixBitFit others = *this;
    others.add(j, code, -1.0f);
    if (!(others.xl > 0 && others.l2 > 0)) return false;
    const int moved = std::min(63, nearest_int(values[j] * others.l2 / others.xl));
    if (moved == code) return false;
    others.add(j, moved, 1.0f);
    if (!(others.xl * others.xl * l2 > xl * xl * others.l2)) return false;
    *this = others;
    code = static_cast<uint8_t>(moved);
    return true;
  }
};

float six_bit_error(const float* values, const float* weights, float inverse) {
  const float unit = 1 / inverse;
  float error = 0.0f;
  for (int j = 0; j < kSubBlocks; ++j) {
    const int code = std::min(63, nearest_int(inverse * values[j]));
    const float difference = values[j] - unit * static_cast<float>(code);
    error += weights[j] * difference * difference;
  }
  return error;
}

/// Six-bit codes of eight non-negative values, and their unit.
float search_six_bits(const float* values, const float* weights, uint8_t* codes) {
  constexpr float kZero = 1e-15f;
  std::fill(codes, codes + kSubBlocks, uint8_t{0});
  const float max = *std::max_element(values, values + kSubBlocks);
  if (!(max >= kZero)) return 0.0f;
  float inverse = kSixBits / max;
  float least = six_bit_error(values, weights, inverse);
  for (int step = -4; step <= 4; ++step) {
    const float tried = (0.1f * static_cast<float>(step) + kSixBits) / max;
    const float error = six_bit_error(values, weights, tried);
    if (step == 0 || !(error < least)) continue;
    least = error;
    inverse = tried;
  }
  SixBitFit fit{values, weights};
  for (int j = 0; j < kSubBlocks; ++j) {
    codes[j] = static_cast<uint8_t>(std::min(63, nearest_int(inverse * values[j])));
    fit.add(j, codes[j], 1.0f);
  }
  bool moved = true;
  for (int round = 0; round < 5 && moved; ++round) {
    moved = false;
    for (int j = 0; j < kSubBlocks; ++j) moved |= fit.improve(j, codes[j]);
  }
  return fit.l2 > 0 ? fit.xl / fit.l2 : 0.0f;
}

}  // namespace

int nearest_int(float value) {
  const float shifted = value + 12582912.0f;
  return static_cast<int>(std::bit_cast<uint32_t>(shifted) & 0x7FFFFFu) - 0x400000;
}

SubBlockScales load_sub_block_scales(const uint8_t* header) {
  const float d = f16_to_f32(load<uint16_t>(header));
  const float dmin = f16_to_f32(load<uint16_t>(header + 2));
  const uint8_t* b = header + 4;
  SubBlockScales scales{};
  for (int j = 0; j < kSubBlocks; ++j) {
    const int scale = j < 4 ? b[j] & 63 : (b[j + 4] & 15) | b[j - 4] >> 6 << 4;
    const int min = j < 4 ? b[j + 4] & 63 : b[j + 4] >> 4 | b[j] >> 6 << 4;
    scales.step[j] = d * static_cast<float>(scale);
    scales.offset[j] = dmin * static_cast<float>(min);
  }
  return scales;
}

void encode_super_block(const float* values, const StepSearch& search, uint8_t* header, uint8_t* codes) {
  if (!begin_super_block(values, header, codes)) return;
  float steps[kSubBlocks];
  float offsets[kSubBlocks];
  for (int j = 0; j < kSubBlocks; ++j) {
    const float* x = values + kSubBlock * j;
    float squares = 0.0f;
    for (int i = 0; i < kSubBlock; ++i) squares += x[i] * x[i];
    const float rms = std::sqrt(squares / kSubBlock);
    float weights[kSubBlock];
    for (int i = 0; i < kSubBlock; ++i) weights[i] = rms + std::fabs(x[i]);
    const Affine found = search_sub_block(x, weights, search, codes + kSubBlock * j);
    steps[j] = found.step;
    offsets[j] = -found.least;
  }
  store_header(steps, offsets, header);
  code_by_header(values, search.top, header, codes);
}

void encode_weighted_super_block(const float* values, const float* importance, int top, uint8_t* header,
                                 uint8_t* codes) {
  if (!begin_super_block(values, header, codes)) return;
  float squares = 0.0f;
  for (int i = 0; i < kSuperBlock; ++i) squares += values[i] * values[i];
  const float spread = 2 * squares / kSuperBlock;
  float steps[kSubBlocks];
  float offsets[kSubBlocks];
  float sums[kSubBlocks] = {};
  for (int j = 0; j < kSubBlocks; ++j) {
    const float* x = values + kSubBlock * j;
    float weights[kSubBlock];
    for (int i = 0; i < kSubBlock; ++i) {
      weights[i] = importance[kSubBlock * j + i] * std::sqrt(spread + x[i] * x[i]);
      sums[j] += weights[i];
    }
    const Affine found = search_sub_block(x, weights, {top, -0.9f, 36, 0.05f}, codes + kSubBlock * j);
    steps[j] = found.step;
    offsets[j] = -found.least;
  }
  uint8_t scales[kSubBlocks];
  uint8_t mins[kSubBlocks];
  const float d = search_six_bits(steps, sums, scales);
  const float dmin = search_six_bits(offsets, sums, mins);
  for (int j = 0; j < kSubBlocks; ++j) store_pair(header + 4, j, scales[j], mins[j]);
  store(header, f32_to_f16(d));
  store(header + 2, f32_to_f16(dmin));
  code_by_header(values, top, header, codes);
}

}  // namespace clinfer::quant
