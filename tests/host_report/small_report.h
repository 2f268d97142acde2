#pragma once

#include "host/report/data.h"

namespace clinfer::tests {

/// Two candidates, big and small, of made-up figures; names hold what would be markup.
report::Report small_report();

}  // namespace clinfer::tests
