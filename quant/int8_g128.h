#pragma once

#include "quant/integer_groups.h"

namespace clinfer::quant {

/// int8 and a scale for every 128 of a row.
inline constexpr Format kInt8Group128 =
    IntegerGroups<8, 128, false>::format("int8_g128", "symmetric groups of 128", "-127..127");

}  // namespace clinfer::quant
