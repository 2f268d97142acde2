#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "host/cli/command_line.h"
#include "host/cli/output.h"
#include "quant/error.h"

namespace {

/// One line on stderr, whatever the message holds: line ends become spaces, other control bytes \xNN, so that
/// a name from a file cannot steer the terminal.
int report(clinfer::Fault fault, std::string_view message) {
  std::string line;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\t') {
      line += ' ';
    } else if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  std::fprintf(stderr, "error: %s\n", line.c_str());
  return static_cast<int>(fault);
}

}  // namespace

int main(int argc, char** argv) {
  using clinfer::Fault;
  try {
    const int code = clinfer::cli::run_command_line(argc, argv);
    clinfer::cli::flush_out();
    return code;
  } catch (const clinfer::Error& error) {
    return report(error.fault(), error.what());
  } catch (const std::bad_alloc&) {
    return report(Fault::memory, "out of host memory");
  } catch (const std::exception& error) {
    return report(Fault::run, error.what());
  }
}
