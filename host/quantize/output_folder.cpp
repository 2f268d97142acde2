#include "host/quantize/output_folder.h"

#include <unistd.h>

#include <filesystem>

#include "quant/error.h"

namespace clinfer::quantize {
namespace {

namespace fs = std::filesystem;

/// Without slashes at the end, so that a name can be put behind it.
std::string trimmed(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

OutputFolder::OutputFolder(const std::string& path)
    : path_(trimmed(path)), temporary_(path_ + ".tmp-" + std::to_string(getpid())) {
  std::error_code error;
  if (fs::symlink_status(path_, error).type() != fs::file_type::not_found)
    throw Error(Fault::usage, path_ + ": is there already; expected the name of a new folder");
  const fs::path parent = fs::path(path_).parent_path();
  if (!parent.empty() && !fs::is_directory(parent, error))
    throw Error(Fault::usage, path_ + ": there is no folder " + parent.string());
  fs::create_directory(temporary_, error);
  if (error) throw Error(Fault::run, temporary_ + ": cannot be made: " + error.message());
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  if (!done_) fs::remove_all(temporary_, ignored);
}

void OutputFolder::commit() {
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error)
    throw Error(Fault::run, path_ + ": the finished folder cannot be renamed to it: " + error.message());
  done_ = true;
}

}  // namespace clinfer::quantize
