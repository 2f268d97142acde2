#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/cl/program.h"

namespace clinfer::cl {

/// What marks an instruction in a comment that only sm_90a has: the driver's OpenCL compiler builds for sm_90
/// and passes comments of inline assembly through.
inline constexpr std::string_view kSm90aMark = "//@90a ";

/// PTX of sm_90 for sm_90a: marks stripped, .target rewritten, and .minnctapersm 1 put behind each .reqntid,
/// without which setmaxnreg is ignored. Nothing if the text is no PTX for sm_90.
std::optional<std::string> retarget_to_sm_90a(std::string_view ptx);

/// Builds, rewrites the binary's text and builds that. Throws BuildError, or Error(Fault::device) that says
/// at which step the driver refused.
Program build_for_sm_90a(const Device& device, const std::string& stem, const std::string& text,
                         const std::string& options, const std::string& shown_options);

}  // namespace clinfer::cl
