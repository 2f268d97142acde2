#pragma once

#include <functional>
#include <string>

#include "host/quantize/encoding.h"
#include "host/quantize/host_encoder.h"

namespace clinfer::quantize {

/// Encodes every tensor of the .safetensors file `in` and writes to `out`, for a tensor T [rows, cols] (a
/// vector is one row):
///   T.codes         U8: one code a byte [rows, cols]; the blocks of GGUF formats as they are [rows, bytes]
///   T.scales        [scale rows, scales]: U8 for E8M0 and E4M3, F32 otherwise; not with GGUF formats
///   T.zeros         U8 of the same shape, where the format has zero points
///   T.tensor_scale  F32 [1], where the format has one and the matrix a row
///   T.dequantized   F32 [rows, cols]
/// Memory is that of a band of rows. `progress` gets elements done and in all. Throws Error(Fault::model)
/// naming the tensor when one is not F32, has no or more than two dimensions, or has columns that are not a
/// multiple of the format's block; and as the encoder (host_encoder()'s where there is none),
/// io::SafetensorsFile and io::SafetensorsWriter do.
void encode_file(const Encoding& encoding, const std::string& in, const std::string& out,
                 const std::function<void(int64_t done, int64_t total)>& progress,
                 const RowEncoder& encoder = {});

}  // namespace clinfer::quantize
