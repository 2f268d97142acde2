#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace clinfer::cli {

/// Results go to standard output through these, so that a full disk is an error: Error(Fault::run). Closing
/// the reading end of a pipe ends the program by SIGPIPE, quietly, as it ends other tools.
void write_out(std::string_view text);
void flush_out();

template <class... Values>
void print_out(fmt::format_string<Values...> format, Values&&... values) {
  write_out(fmt::format(format, std::forward<Values>(values)...));
}

/// Writes a file whole or not at all. Throws as check_output_path() and io::AtomicFile do.
void write_file(const std::string& path, std::string_view content);

/// Throws Error(Fault::usage) when `path` cannot be a result file: its folder does not exist, or it is there
/// and no regular file (a rename would replace a device node). To be asked before the work, not after it.
void check_output_path(const std::string& option, const std::string& path);

}  // namespace clinfer::cli
