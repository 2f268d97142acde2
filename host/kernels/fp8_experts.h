#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// ExpertLinear on Hopper's FP8 tensor cores: x is activations in fp8_e4m3_1x128, W is fp8_e4m3_128x128 and
/// its rows lie in tiles (row_tiles.h). For more than 8 tokens.
Support supports_expert_linear_fp8_wgmma(const OpContext& context);
Prepared prepare_expert_linear_fp8_wgmma(const OpContext& context);

/// Where the variant keeps things in its scratch memory, in bytes.
struct Fp8ExpertsWorkspace {
  int64_t lists_at;   ///< starts [experts + 2], then entries (expert_order.cl)
  int64_t tiles_at;   ///< ExpertTiles, then the tiles (expert_tiles.cl)
  int64_t eights_at;  ///< the tile of each eight packed rows
  int64_t x_at;       ///< codes as fp8_expert_x_offset() says
  int64_t scales_at;  ///< of a tile's rows [columns / 128][rows], tile after tile
  int64_t bytes;
};
/// For a node of ExpertLinear and its largest call.
Fp8ExpertsWorkspace fp8_experts_workspace(const OpContext& context);

/// Eights of packed rows that so many (token, slot) entries take at most.
int64_t fp8_expert_eights(int64_t entries, int64_t experts);

/// Bytes from the codes of a tile's first row, of `rows` in all (a multiple of 8), to those of an element.
int64_t fp8_expert_x_offset(int64_t rows, int64_t row, int64_t col);

}  // namespace clinfer::kernels
