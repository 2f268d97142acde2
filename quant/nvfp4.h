#pragma once

#include "quant/format.h"
#include "quant/packing.h"

namespace clinfer::quant {

/// NVFP4: E2M1 codes two to a byte, the even element in the low nibble; an E4M3 scale s (sign 0) for every 16
/// of a row and a float t for the matrix: value = code * (s * t). t is the multiplier amax / (448 * 6): the
/// `weight_scale_2` of ModelOpt files, and the reciprocal of compressed-tensors' `weight_global_scale`.
/// A scale row is t, then ceil(cols / 16) bytes of s, then zeros up to a multiple of 4.
///
/// With T = amax of the matrix, b = amax of a block, t = T / 2688, u = 2688 / T, all in f32, profiles are:
///   modelopt (default): s = e4m3(b / (6 t)), 1 where b / (6 t) is zero; code = e2m1(x / (s t))
///   ct:       s = e4m3(u (b / 6)), 0.125 where that is zero; code = e2m1(x / (s / u))
///   torchao:  s = e4m3(max(b / 6 / t, 2^-6)); code = e2m1(x ((1 / t) / s))
///   te:       s = e4m3(b (u (1 / 6))); code = e2m1(x min(1 / (s (1 / u)), largest float))
///   single:   torchao with t = 1
/// e2m1 saturates, takes NaN (0 / 0) to 0, and -0 to code 0, but for torchao and single to 8. On ordinary
/// data (no block below 2^-6 of the matrix's range) the first four give the same codes and scales.
/// compressed-tensors itself decodes as code * (s / u), which differs by an ulp at most. amax are over finite
/// values; T is at least 2^-100. A block with Inf or NaN gets s = 0x7F and decodes to NaN. With `mse`, s is
/// searched from there; t stays.
void decode_nvfp4(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols, float* out);
void encode_nvfp4(const float* values, int64_t rows, int64_t cols, uint8_t* codes, uint8_t* scales);
void encode_nvfp4_with(const EncodeOptions& options, const float* values, int64_t rows, int64_t cols,
                       uint8_t* codes, uint8_t* scales);

inline constexpr Format kNvfp4 = [] {
  Format format{"nvfp4",
                2,
                1,
                1,
                16,
                ScaleType::e4m3,
                "NVIDIA NVFP4 (ModelOpt, compressed-tensors)",
                decode_nvfp4,
                encode_nvfp4,
                "+-6"};
  format.tensor_scale = true;
  format.whole_matrix = true;
  format.on_device = true;
  format.unpack_row = Packing<4>::unpack_row;
  format.pack_row = Packing<4>::pack_row;
  format.encode_chosen = encode_nvfp4_with;
  format.options = kNvfp4Profile | kScaleFit;
  format.default_options = "modelopt,amax";
  return format;
}();

}  // namespace clinfer::quant
