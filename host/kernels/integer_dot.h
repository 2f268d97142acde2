#pragma once

#include "host/kernels/matmul.h"

namespace clinfer::kernels {

/// Whether a linear layer's node can be computed with products of bytes, summed as integers (include/
/// integer_dot.clh): x holds int8 codes, the weight (input `weight`) has codes of a byte with a step for 32
/// of them, columns fill blocks of 32.
Support supports_integer_dot(const OpContext& context, size_t weight);

/// The same for few tokens: on CPUs only where inline VNNI works or its rows lie in groups (else decoding to
/// floats is faster).
Support supports_dot_of_rows(const OpContext& context, size_t weight);

/// Constants of such kernels besides those of the weight and of x.
std::vector<std::string> integer_dot_defines(const OpContext& context);

/// As rows_shape() and tile_shape(), for the kernels of integers.
RowsShape dot_rows_shape(const OpContext& context);
TileShape dot_tile_shape(const graph::DeviceInfo& device);

}  // namespace clinfer::kernels
