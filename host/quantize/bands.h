#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "host/io/checkpoint.h"
#include "host/quantize/encoding.h"
#include "host/quantize/host_encoder.h"

namespace clinfer::quantize {

/// Reads rows [first, first + rows) of a matrix as floats, row-major.
using RowSource = std::function<void(int64_t first, int64_t rows, float* out)>;

/// Some rows of a matrix, encoded. `first` is a multiple of the format's block_rows, or any row where all
/// rows share a scale; every such band then has that one scale row.
struct Band {
  int64_t first;
  int64_t rows;
  std::span<const float> values;   ///< before
  std::span<const uint8_t> codes;  ///< as quant::Format lays them out
  std::span<const uint8_t> scales;
};

/// Encodes a matrix band by band, to the same bytes as in one go: memory is that of a band (about 4 million
/// elements), whatever the matrix. Without an encoder, host_encoder()'s. Throws std::invalid_argument as
/// quant::encode_with does, and what the encoder throws.
void encode_in_bands(const Encoding& encoding, int64_t rows, int64_t cols, const RowSource& source,
                     const std::function<void(const Band&)>& sink, const RowEncoder& encoder = {});

/// The rows of a tensor in f32, f16 or bf16 as floats, read through the file (io::copy_guarded).
RowSource rows_of(const io::Tensor& tensor, int64_t cols);

}  // namespace clinfer::quantize
