#include "quant/q5_k.h"

#include <algorithm>

namespace clinfer::quant {
namespace {

constexpr int kNibbles = kHeaderBytes + kSubBlock;  // offset of the nibbles, after the fifth bits

void store_codes(const uint8_t* codes, uint8_t* block) {
  uint8_t* fifth = block + kHeaderBytes;
  std::fill(fifth, fifth + kSubBlock, uint8_t{0});
  for (int i = 0; i < kSuperBlock; ++i) {
    uint8_t& bits = fifth[i % kSubBlock];
    bits = static_cast<uint8_t>(bits | codes[i] >> 4 << (i / kSubBlock));
  }
  for (int i = 0; i < kSuperBlock / 2; ++i) {
    const int at = i / kSubBlock * 2 * kSubBlock + i % kSubBlock;
    block[kNibbles + i] = static_cast<uint8_t>((codes[at] & 15) | (codes[at + kSubBlock] & 15) << 4);
  }
}

}  // namespace

void decode_q5_k(const uint8_t* block, float* out) {
  const SubBlockScales scales = load_sub_block_scales(block);
  for (int64_t j = 0; j < kSubBlocks; ++j) {
    const uint8_t* from = block + kNibbles + j / 2 * kSubBlock;
    for (int i = 0; i < kSubBlock; ++i) {
      const int low = j % 2 == 0 ? from[i] & 15 : from[i] >> 4;
      const int q = low | (block[kHeaderBytes + i] >> j & 1) << 4;
      out[kSubBlock * j + i] = scales.step[j] * static_cast<float>(q) - scales.offset[j];
    }
  }
}

void encode_q5_k(const float* values, uint8_t* block) {
  uint8_t codes[kSuperBlock];
  encode_super_block(values, {31, -0.5f, 15}, block, codes);
  store_codes(codes, block);
}

void encode_weighted_q5_k(const float* values, const float* importance, uint8_t* block) {
  uint8_t codes[kSuperBlock];
  encode_weighted_super_block(values, importance, 31, block, codes);
  store_codes(codes, block);
}

}  // namespace clinfer::quant
