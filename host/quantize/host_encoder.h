#pragma once

#include <cstdint>
#include <functional>

#include "quant/format.h"

namespace clinfer::quantize {

/// Encodes rows of a matrix as quant::encode_with does, which takes the same arguments after the format.
using RowEncoder = std::function<void(const quant::EncodeOptions& options, const float* values, int64_t rows,
                                      int64_t cols, uint8_t* codes, uint8_t* scales)>;

/// On the host, rows shared out among `threads` (0: as many as the processor has). The bytes do not depend on
/// how many there are.
RowEncoder host_encoder(const quant::Format& format, int threads = 0);

}  // namespace clinfer::quantize
