#include "host/cl/sm_90a.h"

#include <algorithm>
#include <cctype>
#include <span>

#include "quant/error.h"

namespace clinfer::cl {

namespace {

constexpr std::string_view kTarget = ".target sm_90";

std::string without_marks(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (true) {
    const size_t at = text.find(kSm90aMark);
    result.append(text.substr(0, at));
    if (at == std::string_view::npos) return result;
    text.remove_prefix(at + kSm90aMark.size());
  }
}

/// A line of its own behind each line that begins with .reqntid.
void add_minimum_of_groups(std::string& ptx) {
  for (size_t at = ptx.find(".reqntid"); at != std::string::npos; at = ptx.find(".reqntid", at + 1)) {
    const size_t end = std::min(ptx.find('\n', at), ptx.size());
    ptx.insert(end, "\n.minnctapersm 1");
  }
}

}  // namespace

std::optional<std::string> retarget_to_sm_90a(std::string_view ptx) {
  while (!ptx.empty() && ptx.back() == '\0') ptx.remove_suffix(1);
  const size_t target = ptx.find(kTarget);
  if (ptx.find(".version") == std::string_view::npos || target == std::string_view::npos) return std::nullopt;
  const size_t behind = target + kTarget.size();
  const bool plain = behind == ptx.size() || std::isalnum(static_cast<unsigned char>(ptx[behind])) == 0;
  if (!plain) return std::nullopt;
  std::string result(ptx);
  result.insert(behind, "a");
  result = without_marks(result);
  if (result.find("setmaxnreg") != std::string::npos) add_minimum_of_groups(result);
  return result;
}

Program build_for_sm_90a(const Device& device, const std::string& stem, const std::string& text,
                         const std::string& options, const std::string& shown_options) {
  const Program marked = build_from_source(device, stem, text, options, shown_options);
  const std::vector<std::byte> binary = binary_of(marked);
  const auto ptx =
      retarget_to_sm_90a(std::string_view(reinterpret_cast<const char*>(binary.data()), binary.size()));
  if (!ptx) throw Error(Fault::device, stem + ": the driver's binary is not PTX for sm_90");
  auto program = build_from_binary(device, stem, std::as_bytes(std::span(*ptx)), options);
  if (!program) throw Error(Fault::device, stem + ": the driver refuses its PTX for sm_90a");
  return Program(*program);
}

}  // namespace clinfer::cl
