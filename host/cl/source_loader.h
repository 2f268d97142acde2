#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cl_kernels/embedded.h"

namespace clinfer::cl {

/// Turns an entry file of cl_kernels/ into one text a driver can compile.
///
/// `#include "x"` is looked up beside the including file, then from the root of cl_kernels/ (a leading
/// "cl_kernels/" is ignored), then in include/ and args/. Each file is taken once, whatever #if surrounds the
/// line;
/// `#pragma once` lines are dropped; #include <...> is left alone. #line directives make the driver's
/// messages name our files.
class SourceLoader {
 public:
  explicit SourceLoader(std::span<const cl_kernels::EmbeddedFile> files);
  explicit SourceLoader(std::filesystem::path folder);  ///< reads from disk at every resolve()

  /// The folder CLINFER_KERNEL_DIR if that is set, else the embedded files.
  static SourceLoader from_environment();

  /// `defines` are "NAME" or "NAME=VALUE"; they become #define lines before the entry file.
  /// Throws Error(Fault::device) that names the file and line of an include that cannot be found.
  std::string resolve(const std::string& entry, std::span<const std::string> defines = {}) const;

 private:
  std::optional<std::string> read(const std::string& path) const;
  std::optional<std::string> find(const std::string& includer, const std::string& name) const;
  void append(const std::string& path, std::string& out, std::vector<std::string>& taken) const;

  std::span<const cl_kernels::EmbeddedFile> files_;
  std::filesystem::path folder_;  ///< empty: use files_
};

}  // namespace clinfer::cl
