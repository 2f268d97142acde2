#include <algorithm>
#include <vector>

#include "host/cl/join_form.h"

namespace clinfer::cl {

namespace {

/// A line of a kernel's body that declares local memory: "local float tile[4][WG_SIZE];".
struct LocalLine {
  std::string declaration;  ///< "float tile[4][WG_SIZE];", "Sums sums;"
  std::string name;
};

constexpr std::string_view kSpace = " \t";

std::string_view without_indent(std::string_view line) {
  const size_t begin = line.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

bool is_condition(std::string_view line) {
  for (const std::string_view word : {"#if", "#el", "#endif"}) {
    if (line.starts_with(word)) return true;
  }
  return false;
}

/// Nothing for other lines; local pointers are not memory.
bool declares_memory(std::string_view line, LocalLine& found) {
  constexpr std::string_view kLocal = "local ";
  line = without_indent(line);
  const size_t after = std::min(line.find_first_of("[;"), line.find(" __attribute__"));  // the name
  if (!line.starts_with(kLocal) || line.find_first_of("*=(") < after || after == std::string_view::npos)
    return false;
  const size_t name = line.find_last_of(kSpace, after - 1) + 1;
  found = {std::string(line.substr(kLocal.size())), std::string(line.substr(name, after - name))};
  return true;
}

/// A kernel's body without its local memory, which becomes a struct of that type before it.
struct Body {
  std::string members;  ///< with the conditions among them
  std::string text;
  std::vector<std::string> names;
};

Body take_memory_out(std::string_view body) {
  Body result;
  for (size_t begin = 0; begin < body.size();) {
    const size_t end = std::min(body.find('\n', begin), body.size() - 1) + 1;
    const std::string_view line = body.substr(begin, end - begin);
    begin = end;
    LocalLine local;
    if (declares_memory(line, local)) {
      result.members += local.declaration;
      result.names.push_back(local.name);
      continue;
    }
    if (is_condition(without_indent(line))) result.members += line;
    result.text += line;
  }
  return result;
}

std::string type_of_memory(const KernelText& kernel) {
  return "chain_memory_" + kernel.name;
}

constexpr std::string_view kParameters =
    "uint workers, local const ulong* pointers, local const uchar* args, local uchar* memory";

}  // namespace

/// Work-items wait for those of their worker, in barriers 1, 2, ...: 0 is the whole group's.
std::string JoinGroups::head() const {
  return "#define CHAIN_THREADS " + std::to_string(threads_) +
         "\n"
         "static inline uint chain_item(void) {\n  return (uint)get_local_id(0);\n}\n"
         "#define CHAIN_BARRIER(size) asm volatile(\"barrier.sync %0, %1;\" : : \"r\"(1u + chain_item() / "
         "size), "
         "\"r\"((uint)size) : \"memory\")\n"
         "#define CHAIN_ROUND(bytes) (((uint)(bytes) + 15u) & ~15u)\n";
}

std::string JoinGroups::unit_begin(size_t local_size) const {
  const std::string size = std::to_string(local_size);
  std::string text =
      "#define kernel static\n"
      "#define reqd_work_group_size(x, y, z) always_inline\n"
      "#define get_group_id(d) chain_worker\n"
      "#define get_num_groups(d) chain_workers\n"
      "#define CHAIN_BEGUN chain_begun\n"
      "#define get_local_id(d) ((size_t)(chain_item() % " +
      size +
      "u))\n"
      "#define get_global_id(d) ((size_t)chain_worker * " +
      size + "u + chain_item() % " + size + "u)\n";
  if (local_size < threads_) text += "#define barrier(flags) CHAIN_BARRIER(" + size + ")\n";
  return text + "#pragma OPENCL FP_CONTRACT ON\n";
}

std::string JoinGroups::unit_end() const {
  return "#undef kernel\n#undef reqd_work_group_size\n#undef barrier\n#undef get_group_id\n"
         "#undef get_num_groups\n#undef get_local_id\n#undef get_global_id\n#undef CHAIN_BEGUN\n";
}

std::string JoinGroups::functions(const std::string& text, const std::vector<KernelText>& kernels) const {
  std::string result;
  size_t from = 0;
  for (const KernelText& kernel : kernels) {
    const Body body = take_memory_out(std::string_view(text).substr(kernel.body, kernel.end - kernel.body));
    const std::string type = type_of_memory(kernel);
    result.append(text, from, kernel.begin - from);
    result += "typedef struct {\n  uint unused[4];\n" + body.members + "} " + type + ";\n";
    result.append(text, kernel.begin, kernel.parameters_at - kernel.begin);
    result +=
        "const uint chain_worker, const uint chain_workers, local uchar* chain_memory, const bool "
        "chain_begun, ";
    result.append(text, kernel.parameters_at, kernel.body - kernel.parameters_at) += "\n";
    for (const std::string& name : body.names)
      result += "#define " + name + " (((local " + type + "*)chain_memory)->" + name + ")\n";
    result += body.text + "\n";
    for (const std::string& name : body.names) result += "#undef " + name + "\n";
    from = kernel.end;
  }
  return result.append(text, from);
}

/// Workers of a launch take turns at the places of all groups, first the first place of each. Only smaller
/// groups' kernels are called: few groups take those, and what is called saves the registers that it uses.
std::string JoinGroups::caller(int number, size_t local_size, const KernelText& kernel, bool begins) const {
  const std::string size = std::to_string(local_size);
  const std::string type = type_of_memory(kernel);
  const std::string begun = begins ? "begun && worker == group" : "false";
  return "typedef char chain_fits_" + std::to_string(number) + "[sizeof(" + type +
         ") <= CHAIN_LOCAL ? 1 : -1];\n"
         "static __attribute__((" +
         std::string(local_size == threads_ ? "CHAIN_FUNCTION" : "noinline") + ")) void chain_call_" +
         std::to_string(number) + "(uint group, uint groups, " + std::string(kParameters) +
         ", uint scratch, bool begun) {\n"
         "  const uint fixed = CHAIN_ROUND(sizeof(" +
         type +
         "));\n"
         "  const uint bytes = fixed + scratch;\n"
         "  const uint places = min(CHAIN_THREADS / " +
         size + "u, CHAIN_LOCAL / bytes);\n  const uint place = chain_item() / " + size +
         "u;\n"
         "  if (place >= places) return;\n"
         "  local uchar* mine = memory + place * bytes;\n"
         "  for (uint worker = place * groups + group; worker < workers; worker += places * groups) {\n    " +
         kernel.name + "(worker, workers, mine, " + begun + arguments_of(kernel, "local", "(mine + fixed)") +
         ");\n"
         "    barrier(CLK_LOCAL_MEM_FENCE);\n  }\n}\n";
}

std::string JoinGroups::beginner(int number, const KernelText& kernel) const {
  return "static __attribute__((CHAIN_FUNCTION)) void chain_begin_" + std::to_string(number) +
         "(uint group, " + std::string(kParameters) + ") {\n  " + kernel.name +
         "(group, workers, memory, false" + arguments_of(kernel, "local", "memory") + ");\n}\n";
}

}  // namespace clinfer::cl
