#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clinfer::cl {

/// A kernel as it stands in a resolved text.
struct KernelText {
  std::string name;
  std::vector<std::string> parameters;  ///< "global const float* restrict x"
  size_t parameters_at = 0;             ///< behind the parenthesis
  size_t begin = 0;                     ///< of all, at the word kernel
  size_t body = 0;                      ///< behind the bracket
  size_t end = 0;                       ///< of the body, at the bracket that closes
};

/// All kernels whose group size is given, in order.
std::vector<KernelText> kernels_in(std::string_view text);

/// "global const float* restrict x" -> "global const float*".
std::string type_of(const std::string& parameter);

/// ", argument" for each parameter: `pointers` is an array of addresses, `args` the address in `space` of the
/// struct, `scratch` what a local pointer gets.
std::string arguments_of(const KernelText& kernel, const std::string& space, const std::string& scratch);

}  // namespace clinfer::cl
