#include "host/cl/source_loader.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "quant/error.h"

namespace clinfer::cl {

namespace {

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// The words of a preprocessor line after '#', or nothing.
std::optional<std::string_view> directive(std::string_view line) {
  line = trim(line);
  if (!line.starts_with('#')) return std::nullopt;
  return trim(line.substr(1));
}

/// The file between quotes of an #include "..." line.
std::optional<std::string> quoted_include(std::string_view line) {
  const auto words = directive(line);
  if (!words || !words->starts_with("include")) return std::nullopt;
  const std::string_view rest = trim(words->substr(7));
  const size_t end = rest.find('"', 1);
  if (!rest.starts_with('"') || end == std::string_view::npos) return std::nullopt;
  return std::string(rest.substr(1, end - 1));
}

bool is_pragma_once(std::string_view line) {
  const auto words = directive(line);
  return words && words->starts_with("pragma") && trim(words->substr(6)).starts_with("once");
}

std::string line_marker(int line, const std::string& path) {
  return "#line " + std::to_string(line) + " \"" + path + "\"\n";
}

/// "a/b/../c" -> "a/c"; nothing for a path that is absolute or leaves the root.
std::optional<std::string> inside_root(const std::filesystem::path& path) {
  const std::filesystem::path normal = path.lexically_normal();
  if (normal.is_absolute() || normal.empty() || *normal.begin() == "..") return std::nullopt;
  return normal.generic_string();
}

std::string define_line(const std::string& define) {
  const size_t equals = define.find('=');
  if (equals == std::string::npos) return "#define " + define + " 1\n";
  return "#define " + define.substr(0, equals) + " " + define.substr(equals + 1) + "\n";
}

}  // namespace

SourceLoader::SourceLoader(std::span<const cl_kernels::EmbeddedFile> files) : files_(files) {}

SourceLoader::SourceLoader(std::filesystem::path folder) : folder_(std::move(folder)) {}

SourceLoader SourceLoader::from_environment() {
  const char* folder = std::getenv("CLINFER_KERNEL_DIR");
  if (folder != nullptr && *folder != '\0') return SourceLoader(std::filesystem::path(folder));
  return SourceLoader(cl_kernels::embedded_files());
}

std::optional<std::string> SourceLoader::read(const std::string& path) const {
  if (folder_.empty()) {
    const auto found =
        std::find_if(files_.begin(), files_.end(), [&](const auto& file) { return file.path == path; });
    if (found == files_.end()) return std::nullopt;
    return std::string(found->text);
  }
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(folder_ / path, ignored)) return std::nullopt;
  std::ifstream in(folder_ / path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::optional<std::string> SourceLoader::find(const std::string& includer, const std::string& name) const {
  constexpr std::string_view kRoot = "cl_kernels/";
  const std::string rooted = name.starts_with(kRoot) ? name.substr(kRoot.size()) : name;
  const std::filesystem::path beside = std::filesystem::path(includer).parent_path() / name;
  for (const std::filesystem::path& candidate :
       {beside, std::filesystem::path(rooted), "include" / std::filesystem::path(name),
        "args" / std::filesystem::path(name)}) {
    auto path = inside_root(candidate);
    if (path && read(*path)) return path;
  }
  return std::nullopt;
}

void SourceLoader::append(const std::string& path, std::string& out, std::vector<std::string>& taken) const {
  taken.push_back(path);
  const std::string text = read(path).value();
  out += line_marker(1, path);
  int number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    const auto include = quoted_include(line);
    if (!include) {
      if (!is_pragma_once(line)) out += line;
      out += '\n';
      continue;
    }
    const auto target = find(path, *include);
    if (!target) {
      throw Error(Fault::device, "kernel source " + path + ":" + std::to_string(number) + " includes \"" +
                                     *include + "\", which is not among the kernel sources");
    }
    if (std::find(taken.begin(), taken.end(), *target) == taken.end()) append(*target, out, taken);
    out += line_marker(number + 1, path);
  }
}

std::string SourceLoader::resolve(const std::string& entry, std::span<const std::string> defines) const {
  const auto path = inside_root(entry);
  if (!path || !read(*path)) {
    const std::string where = folder_.empty() ? "the embedded files" : "the folder " + folder_.string();
    throw Error(Fault::device, "kernel source '" + entry + "' is not in " + where);
  }
  std::string out = "#line 1 \"<definitions>\"\n";
  for (const std::string& define : defines) out += define_line(define);
  std::vector<std::string> taken;
  append(*path, out, taken);
  return out;
}

}  // namespace clinfer::cl
