#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Linear on Hopper's bf16 tensor cores, for more than 8 tokens: every call packs x and, unless it lies in
/// tiles (row_tiles.h), the weight, whatever its format, as bf16 tiles. x in bf16 or MXINT8 and weights that
/// bf16 holds go as they are; others as two parts whose sum is within 2^-17 of them, so that the result stays
/// within Linear's limits. An infinite weight gives NaN.
Support supports_linear_wgmma(const OpContext& context);
Prepared prepare_linear_wgmma(const OpContext& context);

/// Whether bf16 holds every value of this format: its codes have 8 significant bits or fewer and its scales,
/// if any, are powers of two.
bool is_exact_in_bf16(std::string_view format);

/// Whether the variant multiplies such a weight, once in tiles, with such activations.
Support suits_bf16_tiles(const graph::Weight& weight, const graph::Type& x);

/// Where packed operands lie in the variant's scratch memory, in bytes.
struct WgmmaWorkspace {
  int64_t x_at;
  int64_t weight_at;
  int64_t bytes;
};
WgmmaWorkspace wgmma_workspace(const OpContext& context);

/// The same arithmetic as the kernels', for tests: bytes from x_at or weight_at.
int64_t wgmma_x_offset(int64_t cols, int64_t x_parts, int64_t part, int64_t row, int64_t col);
int64_t wgmma_weight_offset(const graph::Weight& weight, int64_t part, int64_t row, int64_t col);

}  // namespace clinfer::kernels
