#include "host/cl/joined_source.h"

#include <algorithm>

#include "host/cl/source_names.h"
#include "quant/error.h"

namespace clinfer::cl {

namespace {

/// What makes a kernel of one work-item a function: local memory is its own,
/// its group is named by parameters.
constexpr std::string_view kAsFunctions =
    "#define kernel static\n"
    "#define reqd_work_group_size(x, y, z) always_inline\n"
    "#define local\n"
    "#define barrier(flags)\n"
    "#define get_group_id(d) chain_worker\n"
    "#define get_num_groups(d) chain_workers\n"
    "#define get_local_id(d) 0\n"
    "#pragma OPENCL FP_CONTRACT ON\n";
constexpr std::string_view kAsFunctionsEnd =
    "#undef kernel\n#undef reqd_work_group_size\n#undef local\n#undef "
    "barrier\n#undef get_group_id\n"
    "#undef get_num_groups\n#undef get_local_id\n";

constexpr std::string_view kMark = "kernel __attribute__((reqd_work_group_size(";

std::string trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kSpace) - begin + 1));
}

/// "global const float* restrict x" -> "global const float*".
std::string type_of(const std::string& parameter) {
  std::string type = trim(parameter.substr(0, parameter.find_last_of(" *") + 1));
  if (const size_t at = type.rfind("restrict"); at != std::string::npos) type = trim(type.substr(0, at));
  return type;
}

/// A kernel in the text: where its parameters stand.
struct Found {
  std::string name;
  size_t begin = 0;  ///< behind the parenthesis
  size_t end = 0;    ///< of it that closes
};

std::vector<Found> kernels_in(const std::string& text) {
  std::vector<Found> found;
  for (size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
    const size_t name = text.find("void", at) + 4;
    const size_t open = text.find('(', name);
    found.push_back({trim(std::string_view(text).substr(name, open - name)), open + 1, text.find(')', open)});
  }
  return found;
}

std::vector<std::string> parameters_of(const std::string& text, const Found& kernel) {
  std::vector<std::string> parameters;
  for (size_t begin = kernel.begin; begin < kernel.end;) {
    const size_t end = std::min(text.find(',', begin), kernel.end);
    parameters.push_back(trim(std::string_view(text).substr(begin, end - begin)));
    begin = end + 1;
  }
  return parameters;
}

/// The function CHAIN_CALL calls: unpacks the kernel's arguments.
std::string caller(int number, const std::string& name, const std::vector<std::string>& parameters) {
  std::string text = "static __attribute__((noinline)) void chain_call_" + std::to_string(number) +
                     "(uint worker, uint workers, global const ulong* "
                     "pointers, global const uchar* args, "
                     "float* scratch) {\n  " +
                     name + "(worker, workers";
  int pointer = 0;
  for (const std::string& parameter : parameters) {
    if (parameter.starts_with("local")) {
      text += ", (" + type_of(parameter) + ")scratch";
    } else if (parameter.find('*') != std::string::npos) {
      text += ", (" + type_of(parameter) + ")pointers[" + std::to_string(pointer++) + "]";
    } else {
      text += ", *(global " + type_of(parameter) + "*)args";
    }
  }
  return text + ");\n}\n";
}

/// Adds the parameters that stand for the group to all kernels of the text.
std::string with_group(const std::string& text, const std::vector<Found>& kernels) {
  std::string result;
  size_t from = 0;
  for (const Found& kernel : kernels) {
    result.append(text, from, kernel.begin - from)
        .append("const uint chain_worker, const uint chain_workers, ");
    from = kernel.begin;
  }
  return result.append(text, from);
}

/// One unit; `number` of its first kernel.
std::string unit_text(const SourceLoader& loader, const JoinedUnit& unit, size_t index, int number) {
  const std::string text = loader.resolve(unit.entry, unit.defines);
  const SourceNames names = names_of(text);
  const std::vector<Found> kernels = kernels_in(text);
  const std::string prefix = "u" + std::to_string(index) + "_";
  std::string result(kAsFunctions);
  for (const std::string& name : names.declarations) result += "#define " + name + " " + prefix + name + "\n";
  result += with_group(text, kernels);
  for (const std::string& wanted : unit.kernels) {
    const auto found =
        std::find_if(kernels.begin(), kernels.end(), [&](const Found& k) { return k.name == wanted; });
    if (found == kernels.end())
      throw Error(Fault::device, "kernel source " + unit.entry + " has no kernel " + wanted);
    result += caller(number++, wanted, parameters_of(text, *found));
  }
  for (const std::string& name : names.declarations) result += "#undef " + name + "\n";
  for (const std::string& name : names.macros) result += "#undef " + name + "\n";
  return result.append(kAsFunctionsEnd);
}

}  // namespace

std::string join_units(const SourceLoader& loader, std::span<const JoinedUnit> units) {
  std::string text;
  std::string calls =
      "#define CHAIN_CALL(function, worker, workers, pointers, "
      "args, scratch) switch (function) {";
  int number = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    text += unit_text(loader, units[i], i, number);
    for (size_t k = 0; k < units[i].kernels.size(); ++k, ++number) {
      const std::string n = std::to_string(number);
      calls += " case " + n + ": chain_call_" + n + "(worker, workers, pointers, args, scratch); break;";
    }
  }
  return text + calls + " }\n";
}

}  // namespace clinfer::cl
