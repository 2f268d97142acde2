#pragma once

#include <memory>
#include <string>
#include <vector>

#include "quant/format.h"

namespace clinfer::quantize {

/// A format and how its scales are chosen.
struct Encoding {
  const quant::Format* format = nullptr;
  quant::EncodeOptions options;
  /// What options.importance points to, if anything.
  std::shared_ptr<const std::vector<float>> importance{};
};

/// From the names that users type: "mxfp8_e4m3", "rceil" ("" = the format's default). Throws
/// Error(Fault::usage) beginning with `place` for a format that is not in the list, naming the nearest one,
/// and for scale words that the format does not know, naming those it does.
Encoding parse_encoding(const std::string& place, const std::string& format, const std::string& scale);

}  // namespace clinfer::quantize
