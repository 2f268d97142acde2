#pragma once

#include <optional>

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// Linear and ExpertLinear of up to 8 tokens on tensor cores (Hopper): weights stream through local memory
/// and are decoded into halves without loss; x goes as two halves, scaled by a power of two, whose sum is
/// within 2^-22 of it or 2^-37 (Q4_0: 2^-33) of its slice's largest element. An infinite x gives NaN.
/// Batch-invariant.
Support supports_linear_mma_rows(const OpContext& context);
Prepared prepare_linear_mma_rows(const OpContext& context);
Support supports_expert_linear_mma_rows(const OpContext& context);
Prepared prepare_expert_linear_mma_rows(const OpContext& context);

/// What workers of a launch of linear/mma_rows take turns at. Any multiple of `parts` workers can do it.
struct MmaRowsTiles {
  int64_t parts = 1;  ///< that the columns are in, each with its workers
  int64_t count = 0;  ///< tiles of a part
};
/// Nothing for other launches, and for one without work.
std::optional<MmaRowsTiles> mma_rows_tiles(const Launch& launch, const Work& work);

/// How the columns are cut: `slice_stages` stages are a slice, 16 slices a chunk.
struct MmaRowsPlan {
  int64_t stage_cols = 0;
  int64_t slice_stages = 0;
  int64_t chunks = 0;
};
MmaRowsPlan mma_rows_plan(std::string_view format, int64_t cols);

}  // namespace clinfer::kernels
