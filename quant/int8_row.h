#pragma once

#include "quant/integer_groups.h"

namespace clinfer::quant {

/// int8 and a scale for each row (output channel, or token).
inline constexpr Format kInt8Row =
    IntegerGroups<8, kWhole, false>::format("int8_row", "symmetric, one scale a row", "-127..127");

}  // namespace clinfer::quant
