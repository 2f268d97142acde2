#include "host/io/quote.h"

#include <algorithm>

#include "quant/error.h"

namespace clinfer::io {
namespace {

constexpr size_t kQuotedBytes = 100;
constexpr size_t kMaxTensorName = 1024;

bool printable(char c) {
  return c >= 0x20 && c < 0x7f;
}

}  // namespace

std::string quote(std::string_view name) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string result = "'";
  for (const char c : name.substr(0, kQuotedBytes)) {
    if (printable(c)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
  return result + (name.size() > kQuotedBytes ? "...'" : "'");
}

void check_tensor_name(std::string_view file, std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return printable(c) && c != ' ' && std::string_view("<>&\"'\\").find(c) == std::string_view::npos;
  });
  if (!name.empty() && name.size() <= kMaxTensorName && plain && name.find("../") == std::string_view::npos)
    return;
  throw Error(Fault::model, std::string(file) + ": tensor " + quote(name) + ": expected a name of 1 to " +
                                std::to_string(kMaxTensorName) + " plain printable ASCII characters");
}

}  // namespace clinfer::io
