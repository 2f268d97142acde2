#pragma once

#include <string>

namespace clinfer::quantize {

/// A folder under construction: it has a temporary name beside `path` until commit() renames it; without
/// commit() it is removed with all that is in it. A killed process leaves at most the temporary one.
class OutputFolder {
 public:
  /// Throws Error(Fault::usage) when `path` is there already or the folder that it would be in is not, and
  /// Error(Fault::run) when no folder can be made.
  explicit OutputFolder(const std::string& path);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  std::string file(const std::string& name) const { return temporary_ + "/" + name; }
  void commit();

 private:
  std::string path_;
  std::string temporary_;
  bool done_ = false;
};

}  // namespace clinfer::quantize
