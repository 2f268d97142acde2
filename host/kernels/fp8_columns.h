#pragma once

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Linear, Glu of two matrices and ExpertLinear of up to 8 tokens on Hopper's FP8 tensor cores, W's rows as
/// their rows and tokens as their columns: x is activations in fp8_e4m3_1x128, W is fp8_e4m3_128x128 and its
/// rows lie in tiles (row_tiles.h). Batch-invariant.
Support supports_linear_fp8_columns(const OpContext& context);
Prepared prepare_linear_fp8_columns(const OpContext& context);
Support supports_glu_fp8_columns(const OpContext& context);
Prepared prepare_glu_fp8_columns(const OpContext& context);
Support supports_expert_linear_fp8_columns(const OpContext& context);
Prepared prepare_expert_linear_fp8_columns(const OpContext& context);

/// Where the variants keep things in their scratch memory, in bytes. Of Glu the products f32
/// [2][tokens][rows] come first.
struct Fp8ColumnsWorkspace {
  int64_t counters_at;  ///< of parts, i64, one for each tile of 128 rows of each matrix of a call
  int64_t x_at;         ///< of calls of more than one token, fp8_columns_x_offset() says where
  int64_t x_scales_at;  ///< [columns / 128][tokens]
  int64_t parts_at;     ///< sums of cut tiles
  int64_t bytes;
};
/// For a node and its largest call.
Fp8ColumnsWorkspace fp8_columns_workspace(const OpContext& context);

/// Bytes from the first code of a call's packed x to another.
int64_t fp8_columns_x_offset(int64_t tokens, int64_t token, int64_t col);

}  // namespace clinfer::kernels
