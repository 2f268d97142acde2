#include "quant/q4_k.h"

namespace clinfer::quant {

namespace {

void store_codes(const uint8_t* codes, uint8_t* block) {
  for (int i = 0; i < kSuperBlock / 2; ++i) {
    const int at = i / kSubBlock * 2 * kSubBlock + i % kSubBlock;
    block[kHeaderBytes + i] = static_cast<uint8_t>(codes[at] | codes[at + kSubBlock] << 4);
  }
}

}  // namespace

void decode_q4_k(const uint8_t* block, float* out) {
  const SubBlockScales scales = load_sub_block_scales(block);
  for (int64_t j = 0; j < kSubBlocks; ++j) {
    const uint8_t* from = block + kHeaderBytes + j / 2 * kSubBlock;
    for (int i = 0; i < kSubBlock; ++i) {
      const int q = j % 2 == 0 ? from[i] & 15 : from[i] >> 4;
      out[kSubBlock * j + i] = scales.step[j] * static_cast<float>(q) - scales.offset[j];
    }
  }
}

void encode_q4_k(const float* values, uint8_t* block) {
  uint8_t codes[kSuperBlock];
  encode_super_block(values, {15, -1.0f, 20}, block, codes);
  store_codes(codes, block);
}

void encode_weighted_q4_k(const float* values, const float* importance, uint8_t* block) {
  uint8_t codes[kSuperBlock];
  encode_weighted_super_block(values, importance, 15, block, codes);
  store_codes(codes, block);
}

}  // namespace clinfer::quant
