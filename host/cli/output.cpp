#include "host/cli/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>

#include "host/io/atomic_file.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

[[noreturn]] void fail() {
  throw Error(Fault::run, std::string("standard output cannot be written: ") + std::strerror(errno));
}

}  // namespace

void write_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail();
}

void flush_out() {
  if (std::fflush(stdout) != 0) fail();
}

void write_file(const std::string& path, std::string_view content) {
  io::AtomicFile file(path);
  file.write(std::as_bytes(std::span(content)));
  file.commit();
}

void check_output_path(const std::string& option, const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (path.empty()) throw Error(Fault::usage, option + ": expected the name of a file");
  if (!folder.empty() && !fs::is_directory(folder, error))
    throw Error(Fault::usage, option + " " + path + ": there is no folder " + folder.string());
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    throw Error(Fault::usage, option + " " + path + ": is there and is no regular file");
}

}  // namespace clinfer::cli
