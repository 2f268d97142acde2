#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Linear and ExpertLinear on Hopper's FP8 tensor cores, for more than 8 tokens: x is
/// activations in fp8_e4m3_1x128, W is fp8_e4m3_128x128 and its rows lie in tiles (row_tiles.h).
Support supports_linear_fp8_wgmma(const OpContext& context);
Prepared prepare_linear_fp8_wgmma(const OpContext& context);
Support supports_expert_linear_fp8_wgmma(const OpContext& context);
Prepared prepare_expert_linear_fp8_wgmma(const OpContext& context);

/// Whether the variants multiply such a weight, once in tiles, with such activations.
Support suits_fp8_wgmma(const graph::Weight& weight, const graph::Type& x);

/// Where the variants keep things in their scratch memory, in bytes.
struct Fp8Workspace {
  int64_t lists_at;   ///< of experts: starts [experts + 2], then entries (expert_order.cl)
  int64_t table_at;   ///< of experts: the number of tiles, then at 16 the tiles (expert_tiles.cl)
  int64_t x_at;       ///< packed as fp8_activation_offset() says
  int64_t scales_at;  ///< of x [columns / 128][rows]
  int64_t bytes;
};
/// For a node of Linear (weight 1) or ExpertLinear (weight 2) and its largest call.
Fp8Workspace fp8_workspace(const OpContext& context);

/// Rows of packed x for so many (token, slot) entries: 128 for each tile that there may be.
int64_t fp8_expert_rows(int64_t entries, int64_t experts);

}  // namespace clinfer::kernels
