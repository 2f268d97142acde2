#include "host/cli/source.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "host/cli/log.h"
#include "host/config/environment.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

constexpr size_t kMaxText = size_t{256} << 20;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw Error(Fault::usage, path + ": " + what);
}

std::string read_all(int descriptor, const std::string& path) {
  std::string text;
  char part[1 << 16];
  for (;;) {
    const ssize_t got = read(descriptor, part, sizeof part);
    if (got == 0) return text;
    if (got < 0) fail(path, std::string("cannot be read: ") + std::strerror(errno));
    if (text.size() + static_cast<size_t>(got) > kMaxText) fail(path, "is larger than 256 MiB");
    text.append(part, static_cast<size_t>(got));
  }
}

std::vector<std::string> overrides_of(const Arguments& arguments, const std::vector<std::string>& extra) {
  std::vector<std::string> overrides;
  if (!arguments.model.empty()) overrides.push_back(literal_override("model.path", arguments.model));
  if (!arguments.device.empty()) overrides.push_back(literal_override("device", arguments.device));
  overrides.insert(overrides.end(), extra.begin(), extra.end());
  overrides.insert(overrides.end(), arguments.overrides.begin(), arguments.overrides.end());
  return overrides;
}

}  // namespace

std::string literal_override(const std::string& key, const std::string& value) {
  std::string text = key + "='";
  for (const char c : config::escape_environment(value)) text += c == '\'' ? "''" : std::string(1, c);
  return text + "'";
}

config::LoadedConfig load_variant(const Arguments& arguments, const std::vector<std::string>& extra,
                                  const std::vector<std::string>& last) {
  std::vector<std::string> overrides = overrides_of(arguments, extra);
  overrides.insert(overrides.end(), last.begin(), last.end());
  return config::load(arguments.config, overrides);
}

config::LoadedConfig load_source(const Arguments& arguments, const std::vector<std::string>& extra) {
  if (arguments.config.empty() && arguments.model.empty())
    throw Error(Fault::usage, "expected a YAML file or --model (clinfer --help)");
  config::LoadedConfig loaded = config::load(arguments.config, overrides_of(arguments, extra));
  set_up_log(loaded.config.log, arguments);
  return loaded;
}

std::string read_text(const std::string& path) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input");
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, std::string("cannot be read: ") + std::strerror(errno));
  try {
    std::string text = read_all(descriptor, path);
    close(descriptor);
    return text;
  } catch (...) {
    close(descriptor);
    throw;
  }
}

}  // namespace clinfer::cli
