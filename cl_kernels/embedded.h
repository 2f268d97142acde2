#pragma once

#include <span>
#include <string_view>

namespace clinfer::cl_kernels {

/// One kernel source as it lay in cl_kernels/ when the program was built; `path` is relative to that folder.
struct EmbeddedFile {
  std::string_view path;
  std::string_view text;
};

/// Every file of cl_kernels/files.cmake.
std::span<const EmbeddedFile> embedded_files();

}  // namespace clinfer::cl_kernels
