#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Linear, and Glu of two matrices, on Hopper's FP8 tensor cores, for more than 8 tokens: x is activations in
/// fp8_e4m3_1x128, W is fp8_e4m3_128x128 and its rows lie in tiles (row_tiles.h).
Support supports_linear_fp8_wgmma(const OpContext& context);
Prepared prepare_linear_fp8_wgmma(const OpContext& context);
Support supports_glu_fp8_wgmma(const OpContext& context);
Prepared prepare_glu_fp8_wgmma(const OpContext& context);

/// Whether the variant, or that of experts, multiplies such a weight, once in tiles, with such activations.
Support suits_fp8_wgmma(const graph::Weight& weight, const graph::Type& x);
/// Whether operand `matrix` of the node and x, operand 0, suit so on the device.
Support supports_fp8_tiles(const OpContext& context, size_t matrix);
/// Whether the device multiplies such matrices of a gate and of up, once in tiles, with an x of this type and
/// rounds the gated result to x's format.
bool suits_fp8_gates(const graph::DeviceInfo& device, const graph::Weight& gate, const graph::Weight& up,
                     const graph::Type& x);

/// Where the variant keeps things in its scratch memory, in bytes.
struct Fp8Workspace {
  int64_t x_at;       ///< packed as fp8_activation_offset() says
  int64_t scales_at;  ///< of x [columns / 128][rows]
  int64_t bytes;
};
/// For a node and its largest call.
Fp8Workspace fp8_workspace(const OpContext& context);

}  // namespace clinfer::kernels
