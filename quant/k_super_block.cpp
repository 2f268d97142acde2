#include "quant/k_super_block.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "quant/bytes.h"
#include "quant/half.h"
#include "quant/magnitude.h"
#include "quant/vector_clones.h"

namespace clinfer::quant {
namespace {

constexpr float kLargest = 0x1p60f;
constexpr float kSixBits = 63.0f;

/// What a search ends with for a sub-block: value = code * step + least, least <= 0.
struct Affine {
  float step, least;
};

/// Element i of each sub-block side by side, so that vector code searches the eight at a time; each lane's
/// sums run in order.
struct Lanes {
  float at[kSubBlock][kSubBlocks];
};
using Lane = float[kSubBlocks];

/// Weighted sums over a sub-block of values x and codes l.
struct Sums {
  float w = 0, x = 0;           // of the values
  float l = 0, l2 = 0, xl = 0;  // of one set of codes

  float determinant() const { return w * l2 - l * l; }

  /// The step and least value that fit the codes best, least <= 0.
  Affine fitted() const {
    const float d = determinant();
    const Affine free{(w * xl - x * l) / d, (l2 * x - l * xl) / d};
    return free.least > 0 ? Affine{xl / l2, 0.0f} : free;
  }
};

// One value for each sub-block as a vector of the compiler's.
using Floats = float __attribute__((vector_size(4 * kSubBlocks)));
using Ints = int32_t __attribute__((vector_size(4 * kSubBlocks)));

QUANT_VECTOR_CLONES void code_lanes(const Lanes& values, const Lane& least, const Lane& inverse, int top,
                                    Lanes& codes) {
  Floats x, low, by;
  std::memcpy(&low, least, sizeof low);
  std::memcpy(&by, inverse, sizeof by);
  for (int i = 0; i < kSubBlock; ++i) {
    std::memcpy(&x, values.at[i], sizeof x);
    const Floats shifted = by * (x - low) + 12582912.0f;  // as nearest_int
    Ints code;
    std::memcpy(&code, &shifted, sizeof code);
    code = (code & 0x7FFFFF) - 0x400000;
    code = code < 0 ? 0 : code;
    code = code > top ? top : code;
    x = __builtin_convertvector(code, Floats);
    std::memcpy(codes.at[i], &x, sizeof x);
  }
}

QUANT_VECTOR_CLONES void sum_lanes(const Lanes& values, const Lanes& weights, const Lanes& codes, Lane& l,
                                   Lane& l2, Lane& xl) {
  Floats x, w, code;
  Floats sum_l{}, sum_l2{}, sum_xl{};
  for (int i = 0; i < kSubBlock; ++i) {
    std::memcpy(&x, values.at[i], sizeof x);
    std::memcpy(&w, weights.at[i], sizeof w);
    std::memcpy(&code, codes.at[i], sizeof code);
    const Floats weighted = w * code;
    sum_l += weighted;
    sum_l2 += weighted * code;
    sum_xl += weighted * x;
  }
  std::memcpy(l, &sum_l, sizeof l);
  std::memcpy(l2, &sum_l2, sizeof l2);
  std::memcpy(xl, &sum_xl, sizeof xl);
}

QUANT_VECTOR_CLONES void error_lanes(const Lanes& values, const Lanes& weights, const Lanes& codes,
                                     const Lane& step, const Lane& least, Lane& error) {
  Floats x, w, code, by, low;
  Floats sum{};
  std::memcpy(&by, step, sizeof by);
  std::memcpy(&low, least, sizeof low);
  for (int i = 0; i < kSubBlock; ++i) {
    std::memcpy(&x, values.at[i], sizeof x);
    std::memcpy(&w, weights.at[i], sizeof w);
    std::memcpy(&code, codes.at[i], sizeof code);
    const Floats difference = by * code + low - x;
    sum += w * (difference * difference);
  }
  std::memcpy(error, &sum, sizeof error);
}

/// The state of the eight searches.
struct Search {
  const StepSearch& rule;
  Lanes values, weights, codes;
  Sums sums[kSubBlocks];
  Lane max, step, least, error;

  Search(const float* x, const float* w, const StepSearch& chosen) : rule(chosen) {
    for (int at = 0; at < kSuperBlock; ++at) {
      values.at[at % kSubBlock][at / kSubBlock] = x[at];
      weights.at[at % kSubBlock][at / kSubBlock] = w[at];
    }
    for (int64_t j = 0; j < kSubBlocks; ++j) begin(j, x + kSubBlock * j, w + kSubBlock * j);
  }

  void begin(int64_t j, const float* x, const float* w) {
    float min = x[0];
    max[j] = x[0];
    sums[j].w = w[0];
    sums[j].x = w[0] * x[0];
    for (int i = 1; i < kSubBlock; ++i) {
      min = x[i] < min ? x[i] : min;
      max[j] = x[i] > max[j] ? x[i] : max[j];
      sums[j].w += w[i];
      sums[j].x += w[i] * x[i];
    }
    least[j] = std::min(min, 0.0f);
  }

  /// Codes of the largest step that loses nothing at the ends; zeros where all values are the same.
  void start() {
    Lane inverse;
    for (int j = 0; j < kSubBlocks; ++j) {
      const bool flat = max[j] == least[j];
      inverse[j] = flat ? 0.0f : static_cast<float>(rule.top) / (max[j] - least[j]);
      step[j] = flat ? 0.0f : 1 / inverse[j];
    }
    code_lanes(values, least, inverse, rule.top, codes);
    error_lanes(values, weights, codes, step, least, error);
  }

  /// Tries the k-th divisor.
  void refine(int k) {
    const auto top = static_cast<float>(rule.top);
    Lane inverse;
    for (int j = 0; j < kSubBlocks; ++j)
      inverse[j] = (rule.first + rule.delta * static_cast<float>(k) + top) / (max[j] - least[j]);
    Lanes tried;
    code_lanes(values, least, inverse, rule.top, tried);
    Lane l{}, l2{}, xl{}, tried_step{}, tried_least{}, tried_error{};
    sum_lanes(values, weights, tried, l, l2, xl);
    bool fits[kSubBlocks];
    for (int j = 0; j < kSubBlocks; ++j) {
      Sums& s = sums[j];
      s.l = l[j], s.l2 = l2[j], s.xl = xl[j];
      fits[j] = s.determinant() > 0;
      const Affine affine = fits[j] ? s.fitted() : Affine{0, 0};
      tried_step[j] = affine.step;
      tried_least[j] = affine.least;
    }
    error_lanes(values, weights, tried, tried_step, tried_least, tried_error);
    for (int j = 0; j < kSubBlocks; ++j) {
      if (!fits[j] || !(tried_error[j] < error[j])) continue;
      for (int i = 0; i < kSubBlock; ++i) codes.at[i][j] = tried.at[i][j];
      error[j] = tried_error[j];
      step[j] = tried_step[j];
      least[j] = tried_least[j];
    }
  }
};

/// Searches step and least value of the eight sub-blocks and leaves their codes. `offsets` are minus the
/// least values.
void search_sub_blocks(const float* values, const float* weights, const StepSearch& rule, float* steps,
                       float* offsets, uint8_t* codes) {
  Search search(values, weights, rule);
  search.start();
  for (int k = 0; k <= rule.count; ++k) search.refine(k);
  for (int j = 0; j < kSubBlocks; ++j) {
    steps[j] = search.step[j];
    offsets[j] = -search.least[j];
  }
  for (int at = 0; at < kSuperBlock; ++at)
    codes[at] = static_cast<uint8_t>(search.codes.at[at % kSubBlock][at / kSubBlock]);
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
  float weights[kSuperBlock];
  for (int64_t j = 0; j < kSubBlocks; ++j) {
    const float* x = values + kSubBlock * j;
    float squares = 0.0f;
    for (int i = 0; i < kSubBlock; ++i) squares += x[i] * x[i];
    const float rms = std::sqrt(squares / kSubBlock);
    for (int i = 0; i < kSubBlock; ++i) weights[kSubBlock * j + i] = rms + std::fabs(x[i]);
  }
  float steps[kSubBlocks];
  float offsets[kSubBlocks];
  search_sub_blocks(values, weights, search, steps, offsets, codes);
  store_header(steps, offsets, header);
  code_by_header(values, search.top, header, codes);
}

void encode_weighted_super_block(const float* values, const float* importance, int top, uint8_t* header,
                                 uint8_t* codes) {
  if (!begin_super_block(values, header, codes)) return;
  float squares = 0.0f;
  for (int i = 0; i < kSuperBlock; ++i) squares += values[i] * values[i];
  const float spread = 2 * squares / kSuperBlock;
  float weights[kSuperBlock];
  float sums[kSubBlocks] = {};
  for (int at = 0; at < kSuperBlock; ++at) {
    weights[at] = importance[at] * std::sqrt(spread + values[at] * values[at]);
    sums[at / kSubBlock] += weights[at];
  }
  float steps[kSubBlocks];
  float offsets[kSubBlocks];
  search_sub_blocks(values, weights, {top, -0.9f, 36, 0.05f}, steps, offsets, codes);
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
