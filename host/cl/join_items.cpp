#include "host/cl/join_form.h"

namespace clinfer::cl {

/// Local memory is the work-item's own, its group is named by parameters.
std::string JoinItems::unit_begin(size_t) const {
  return "#define kernel static\n"
         "#define reqd_work_group_size(x, y, z) always_inline\n"
         "#define local\n"
         "#define barrier(flags)\n"
         "#define get_group_id(d) chain_worker\n"
         "#define get_num_groups(d) chain_workers\n"
         "#define get_local_id(d) 0\n"
         "#pragma OPENCL FP_CONTRACT ON\n";
}

std::string JoinItems::unit_end() const {
  return "#undef kernel\n#undef reqd_work_group_size\n#undef local\n#undef barrier\n#undef get_group_id\n"
         "#undef get_num_groups\n#undef get_local_id\n";
}

std::string JoinItems::functions(const std::string& text, const std::vector<KernelText>& kernels) const {
  std::string result;
  size_t from = 0;
  for (const KernelText& kernel : kernels) {
    result.append(text, from, kernel.parameters_at - from);
    result += "const uint chain_worker, const uint chain_workers, ";
    from = kernel.parameters_at;
  }
  return result.append(text, from);
}

std::string JoinItems::caller(int number, size_t, const KernelText& kernel, bool) const {
  return "static __attribute__((noinline)) void chain_call_" + std::to_string(number) +
         "(uint worker, uint workers, global const ulong* pointers, global const uchar* args, float* "
         "scratch) "
         "{\n  " +
         kernel.name + "(worker, workers" + arguments_of(kernel, "global", "scratch") + ");\n}\n";
}

}  // namespace clinfer::cl
