#pragma once

#include "quant/integer_groups.h"

namespace clinfer::quant {

/// int4, a scale and a zero point for every 128 of a row.
inline constexpr Format kInt4Group128Asym =
    IntegerGroups<4, 128, true>::format("int4_g128_asym", "asymmetric groups of 128 (AWQ, GPTQ)", "0..15");

}  // namespace clinfer::quant
