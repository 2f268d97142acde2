#pragma once

#include <span>
#include <string_view>

namespace clinfer::tune {

/// A file of configs/device as it was when the program was built.
struct ShippedFile {
  std::string_view name;  ///< "configs/device/NAME.yaml"
  std::string_view text;
};

/// Those of host/tune/files.cmake, best first.
std::span<const ShippedFile> shipped_files();

}  // namespace clinfer::tune
