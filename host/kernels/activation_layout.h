#pragma once

#include <cstdint>
#include <string_view>

namespace clinfer::kernels {

/// How a row of quantised activations lies in device memory: one byte codes, f32 scales (value = code *
/// scale, an int8 code counting whole steps), and for int8 codes the int sum of each block's codes; or bf16
/// values alone. The
/// kernels have the same arithmetic in cl_kernels/include/activation_record.clh.
struct ActivationLayout {
  bool integers = false;      ///< int8 codes; else E4M3 or bf16
  bool bf16 = false;          ///< values of two bytes; there are no blocks
  int64_t block = 0;          ///< columns that share a scale
  int64_t blocks = 0;         ///< of a row, padding included
  int64_t scales_offset = 0;  ///< where codes and their padding end
  int64_t sums_offset = 0;    ///< 0: there are none
  int64_t row_bytes = 0;      ///< a multiple of 64
};

/// `format` is one of graph::kActivationFormats. Throws Error(Fault::model) for another, and when a row does
/// not fit 32 bits.
ActivationLayout activation_layout(std::string_view format, int64_t cols);

/// A row of values as its record, and back. `cols` values.
void encode_activations(std::string_view format, int64_t cols, const float* values, uint8_t* record);
void decode_activations(std::string_view format, int64_t cols, const uint8_t* record, float* values);

}  // namespace clinfer::kernels
