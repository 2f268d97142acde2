#include "host/cl/kernel_text.h"

#include <algorithm>

namespace clinfer::cl {

namespace {

constexpr std::string_view kMark = "kernel __attribute__((reqd_work_group_size(";

std::string trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) - begin + 1));
}

std::vector<std::string> split(std::string_view parameters) {
  std::vector<std::string> result;
  for (size_t begin = 0; begin < parameters.size();) {
    const size_t end = std::min(parameters.find(',', begin), parameters.size());
    result.push_back(trim(parameters.substr(begin, end - begin)));
    begin = end + 1;
  }
  return result;
}

/// Where the bracket before `at` is closed.
size_t end_of_body(std::string_view text, size_t at) {
  for (int depth = 1; at < text.size(); ++at) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) break;
  }
  return at;
}

}  // namespace

std::vector<KernelText> kernels_in(std::string_view text) {
  std::vector<KernelText> found;
  for (size_t at = text.find(kMark); at != std::string_view::npos; at = text.find(kMark, at + 1)) {
    const size_t name = text.find("void", at) + 4;
    const size_t open = text.find('(', name);
    const size_t close = std::min(text.find(')', open), text.size());
    KernelText kernel;
    kernel.name = trim(text.substr(name, open - name));
    kernel.parameters = split(text.substr(open + 1, close - open - 1));
    kernel.parameters_at = open + 1;
    kernel.begin = at;
    kernel.body = std::min(text.find('{', close), text.size() - 1) + 1;
    kernel.end = end_of_body(text, kernel.body);
    found.push_back(std::move(kernel));
  }
  return found;
}

std::string type_of(const std::string& parameter) {
  std::string type = trim(std::string_view(parameter).substr(0, parameter.find_last_of(" *") + 1));
  if (const size_t at = type.rfind("restrict"); at != std::string::npos) type = trim(type.substr(0, at));
  return type;
}

std::string arguments_of(const KernelText& kernel, const std::string& space, const std::string& scratch) {
  std::string text;
  int pointer = 0;
  for (const std::string& parameter : kernel.parameters) {
    const std::string type = type_of(parameter);
    if (parameter.starts_with("local")) {
      text += ", (" + type + ")" + scratch;
    } else if (parameter.find('*') != std::string::npos) {
      text += ", (" + type + ")pointers[" + std::to_string(pointer++) + "]";
    } else {
      text += ", *(" + space + " " + type + "*)args";
    }
  }
  return text;
}

}  // namespace clinfer::cl
