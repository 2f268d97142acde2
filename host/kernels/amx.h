#pragma once

#include "host/kernels/matmul.h"

namespace clinfer::kernels {

/// Products of many tokens on AMX of x86 (include/tile_dot_amx.clh, include/tile_amx.clh), on CPUs whose
/// groups are one work-item, for linear ops whose weight is input `weight`.
///
/// int8: where integer dot products can compute it (integer_dot.h), to the same bits as those on VNNI.
/// bf16: any weight, x in two parts of bf16, and the weight too unless bf16 holds its values; from 64 columns
/// on that stays within Linear's limits.
Support supports_amx_int8(const OpContext& context, size_t weight);
Support supports_amx_bf16(const OpContext& context, size_t weight);

/// Constants besides those of the weight and of x.
std::vector<std::string> amx_int8_defines(const OpContext& context);
std::vector<std::string> amx_bf16_defines(const OpContext& context, size_t weight);

/// Tiles of the weight's rows, and tokens of an item: as many as leave items for all compute units.
TileShape amx_int8_shape(const OpContext& context, size_t weight);
TileShape amx_bf16_shape(const OpContext& context, size_t weight);

}  // namespace clinfer::kernels
