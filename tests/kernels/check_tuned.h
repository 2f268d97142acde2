#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/kernels/check.h"

namespace clinfer::tests {

/// check(), on devices with these constants measured.
void check_tuned(const Case& the_case, const std::map<std::string, int64_t>& constants);

}  // namespace clinfer::tests
