#pragma once

#include <string>

#include "host/report/data.h"

namespace clinfer::report {

/// The report as one page that needs nothing else: no scripts, nothing from a network. Names out of files are
/// escaped.
std::string to_html(const Report& report);

}  // namespace clinfer::report
