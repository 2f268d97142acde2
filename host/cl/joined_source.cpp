#include "host/cl/joined_source.h"

#include <algorithm>
#include <memory>

#include "host/cl/join_form.h"
#include "host/cl/source_names.h"
#include "quant/error.h"

namespace clinfer::cl {

namespace {

/// A unit with its constants in place.
struct ResolvedUnit {
  const JoinedUnit* unit;
  std::string text;
  std::vector<KernelText> kernels;
  size_t local_size = 1;  ///< of all its kernels
};

size_t local_size_of(const JoinedUnit& unit) {
  for (const std::string& define : unit.defines) {
    if (define.starts_with(kGroupDefine)) return std::stoul(define.substr(kGroupDefine.size()));
  }
  return 1;
}

ResolvedUnit resolved(const SourceLoader& loader, const JoinedUnit& unit) {
  ResolvedUnit result{&unit, loader.resolve(unit.entry, unit.defines), {}};
  result.kernels = kernels_in(result.text);
  result.local_size = local_size_of(unit);
  return result;
}

const KernelText* find_kernel(const ResolvedUnit& resolved, const std::string& name) {
  const auto found = std::ranges::find(resolved.kernels, name, &KernelText::name);
  return found == resolved.kernels.end() ? nullptr : &*found;
}

/// The kernel that begins one of that name, or null.
const KernelText* beginner_of(const JoinForm& form, const ResolvedUnit& resolved, const std::string& name) {
  return form.can_begin(resolved.local_size) ? find_kernel(resolved, name + "_begin") : nullptr;
}

/// One unit; `number` of its first kernel.
std::string unit_text(const JoinForm& form, const ResolvedUnit& resolved, size_t index, int number) {
  const std::string text = form.functions(resolved.text, resolved.kernels);
  const SourceNames names = names_of(text);
  const std::string prefix = "u" + std::to_string(index) + "_";
  std::string result = form.unit_begin(resolved.local_size);
  for (const std::string& name : names.declarations) result += "#define " + name + " " + prefix + name + "\n";
  result += text;
  for (const std::string& wanted : resolved.unit->kernels) {
    const KernelText* found = find_kernel(resolved, wanted);
    if (found == nullptr)
      throw Error(Fault::device, "kernel source " + resolved.unit->entry + " has no kernel " + wanted);
    const KernelText* begin = beginner_of(form, resolved, wanted);
    result += form.caller(number, resolved.local_size, *found, begin != nullptr);
    if (begin != nullptr) result += form.beginner(number, *begin);
    ++number;
  }
  for (const std::string& name : names.declarations) result += "#undef " + name + "\n";
  for (const std::string& name : names.macros) result += "#undef " + name + "\n";
  return result.append(form.unit_end());
}

std::string functions_text(const JoinForm& form, std::span<const ResolvedUnit> units) {
  std::string text = form.head();
  const std::string parameters(form.call_parameters());
  std::string calls = "#define CHAIN_CALL(function, " + parameters + ") switch (function) {";
  const std::string begin_parameters(form.begin_parameters());
  std::string begins = "#define CHAIN_BEGIN(function, " + begin_parameters + ") switch (function) {";
  int number = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    text += unit_text(form, units[i], i, number);
    for (size_t k = 0; k < units[i].unit->kernels.size(); ++k, ++number) {
      const std::string n = std::to_string(number);
      calls += " case " + n + ": chain_call_" + n + "(" + parameters + "); break;";
      if (beginner_of(form, units[i], units[i].unit->kernels[k]) != nullptr)
        begins += " case " + n + ": chain_begin_" + n + "(" + begin_parameters + "); break;";
    }
  }
  text += calls + " }\n";
  return begin_parameters.empty() ? text : text + begins + " }\n";
}

std::unique_ptr<JoinForm> form_of(JoinAs as, std::span<const ResolvedUnit> units) {
  if (as == JoinAs::items) return std::make_unique<JoinItems>();
  size_t threads = 1;
  for (const ResolvedUnit& unit : units) threads = std::max(threads, unit.local_size);
  return std::make_unique<JoinGroups>(threads);
}

}  // namespace

std::string join_units(const SourceLoader& loader, std::span<const JoinedUnit> units, JoinAs as) {
  std::vector<ResolvedUnit> all;
  for (const JoinedUnit& unit : units) all.push_back(resolved(loader, unit));
  return functions_text(*form_of(as, all), all);
}

std::string with_functions(const SourceLoader& loader, std::string entry, std::span<const JoinedUnit> units) {
  constexpr std::pair<std::string_view, JoinAs> kMarks[] = {{"CHAIN_FUNCTIONS(items)\n", JoinAs::items},
                                                            {"CHAIN_FUNCTIONS(groups)\n", JoinAs::groups}};
  for (const auto& [mark, as] : kMarks) {
    if (const size_t at = entry.find(mark); at != std::string::npos)
      return entry.replace(at, mark.size(), join_units(loader, units, as));
  }
  throw Error(Fault::device, "a program with units has no line CHAIN_FUNCTIONS");
}

}  // namespace clinfer::cl
