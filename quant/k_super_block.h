#pragma once

#include <cstdint>

namespace clinfer::quant {

/// What Q4_K and Q5_K share: a super-block of 256 is eight sub-blocks of 32, value = d * scale * q - dmin *
/// min; its header of 16 bytes is half d, half dmin, and eight pairs of six-bit (scale, min) in 12 bytes b:
///   j < 4:  scale = b[j] & 63, min = b[j + 4] & 63
///   j >= 4: scale = b[j + 4] & 15 | b[j - 4] >> 6 << 4, min = b[j + 4] >> 4 | b[j] >> 6 << 4
inline constexpr int kSuperBlock = 256;
inline constexpr int kSubBlock = 32;
inline constexpr int kSubBlocks = 8;
inline constexpr int kHeaderBytes = 16;

/// The least value and the step of each sub-block: value = q * step - offset.
struct SubBlockScales {
  float step[kSubBlocks];
  float offset[kSubBlocks];
};
SubBlockScales load_sub_block_scales(const uint8_t* header);

/// How a sub-block's step is searched: codes are made with steps of (max - min) / (top + first + k delta), k
/// = 0 to count, and each refined by least squares.
struct StepSearch {
  int top;      ///< largest code
  float first;  ///< of the tried changes to top
  int count;
  float delta = 0.1f;
};

/// Encodes 256 values: the header, and the codes one to a byte. Step and minimum of a sub-block are those of
/// the least error weighted with rms + |value|, then both are rounded to six bits of the largest of the
/// eight, and the codes follow from the rounded ones. Sums run in order, in f32. A super-block with Inf, NaN
/// or a value beyond 2^60 gets a NaN d, and zeros.
void encode_super_block(const float* values, const StepSearch& search, uint8_t* header, uint8_t* codes);

/// Likewise with the importance of each column, [256] > 0, as ggml uses an importance matrix: a sub-block's
/// errors weigh importance * sqrt(2 mean of squares + value^2), and the six-bit steps and minima are searched
/// with the sums of these weights.
void encode_weighted_super_block(const float* values, const float* importance, int top, uint8_t* header,
                                 uint8_t* codes);

/// Nearest integer, ties to even, of |value| <= 2^22; anything in int32 for others, as ggml.
int nearest_int(float value);

}  // namespace clinfer::quant
