#pragma once

#include "quant/integer_groups.h"

namespace clinfer::quant {

/// int8 and a scale for every 32 of a row.
inline constexpr Format kInt8Group32 =
    IntegerGroups<8, 32, false>::format("int8_g32", "symmetric groups of 32", "-127..127");

}  // namespace clinfer::quant
