#pragma once

#include <string>

#include "host/cl/program_cache.h"

namespace clinfer::run {

/// What a device makes of a format.
struct FormatCheck {
  int64_t values = 0;
  int64_t mismatches = 0;  ///< values that do not have the bits of the host's codec
  std::string fault;       ///< why nothing was compared; empty when it was
};

/// Decodes a matrix of the format on the device, of values of many magnitudes, zeros, ties and denormal ones
/// among them, and compares each with what the host's codec decodes.
FormatCheck check_format(const cl::Device& device, cl::ProgramCache& programs, const std::string& format);

}  // namespace clinfer::run
