#include "quant/fp8_e4m3_128x128.h"

#include <algorithm>
#include <bit>

#include "quant/bytes.h"
#include "quant/e4m3.h"

namespace clinfer::quant {
namespace {

constexpr int64_t kBlock = 128;
constexpr float kMinAmax = 1e-4f;  // keeps the scale of an empty block away from zero

/// One block, its ragged edge cropped, inside a matrix with `stride` columns.
struct Block {
  int64_t rows, cols, stride;
};

/// The largest finite magnitude, found on the bits, which order as magnitudes do.
float finite_amax(const float* values, const Block& block) {
  int32_t amax = 0;
  for (int64_t row = 0; row < block.rows; ++row) {
    for (int64_t col = 0; col < block.cols; ++col) {
      const int32_t magnitude = std::bit_cast<int32_t>(values[row * block.stride + col]) & 0x7FFFFFFF;
      amax = std::max(amax, magnitude < 0x7F800000 ? magnitude : 0);
    }
  }
  return std::bit_cast<float>(amax);
}

void encode_block(const float* values, const Block& block, float scale, uint8_t* codes) {
  for (int64_t row = 0; row < block.rows; ++row) {
    const int64_t at = row * block.stride;
    for (int64_t col = 0; col < block.cols; ++col) codes[at + col] = f32_to_e4m3(values[at + col] / scale);
  }
}

}  // namespace

void decode_fp8_e4m3_128x128(const uint8_t* codes, const uint8_t* scales, int64_t row, int64_t cols,
                             float* out) {
  const int64_t blocks = (cols + kBlock - 1) / kBlock;
  const uint8_t* row_codes = codes + row * cols;
  const uint8_t* row_scales = scales + row / kBlock * blocks * 4;
  for (int64_t block = 0; block < blocks; ++block) {
    const float scale = load<float>(row_scales + 4 * block);
    const int64_t end = std::min((block + 1) * kBlock, cols);
    for (int64_t col = block * kBlock; col < end; ++col) out[col] = kE4m3Values[row_codes[col]] * scale;
  }
}

void encode_fp8_e4m3_128x128(const float* values, int64_t rows, int64_t cols, uint8_t* codes,
                             uint8_t* scales) {
  for (int64_t row = 0; row < rows; row += kBlock) {
    for (int64_t col = 0; col < cols; col += kBlock) {
      const Block block{std::min(kBlock, rows - row), std::min(kBlock, cols - col), cols};
      const int64_t at = row * cols + col;
      const float scale = std::max(finite_amax(values + at, block), kMinAmax) / kE4m3Max;
      encode_block(values + at, block, scale, codes + at);
      store(scales, scale);
      scales += 4;
    }
  }
}

}  // namespace clinfer::quant
