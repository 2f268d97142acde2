#pragma once

#include "quant/integer_groups.h"

namespace clinfer::quant {

/// int4 and a scale for every 128 of a row.
inline constexpr Format kInt4Group128 =
    IntegerGroups<4, 128, false>::format("int4_g128", "symmetric groups of 128", "-7..7");

}  // namespace clinfer::quant
