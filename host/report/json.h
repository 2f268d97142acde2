#pragma once

#include <string>

#include "host/report/data.h"

namespace clinfer::report {

/// Everything in the report. An SQNR of null means that nothing differs.
std::string to_json(const Report& report);

}  // namespace clinfer::report
