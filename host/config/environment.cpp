#include "host/config/environment.h"

#include <cstdlib>
#include <stdexcept>

namespace clinfer::config {
namespace {

constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

/// `inside` is what stands between the braces.
std::string variable(std::string_view inside) {
  const size_t colon = inside.find(":-");
  const std::string name(inside.substr(0, colon));
  const bool valid = !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
                     name.find_first_not_of(kNameCharacters) == std::string::npos;
  if (!valid) {
    throw std::invalid_argument("a variable as in ${NAME} or ${NAME:-default} ($${ gives a plain ${)");
  }
  const char* found = std::getenv(name.c_str());
  if (found != nullptr && (*found != '\0' || colon == std::string_view::npos)) return found;
  if (colon != std::string_view::npos) return std::string(inside.substr(colon + 2));
  throw std::invalid_argument("environment variable " + name + " to be set, or ${" + name + ":-default}");
}

}  // namespace

std::string expand_environment(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      out += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const size_t end = text.find('}');
      if (end == std::string_view::npos)
        throw std::invalid_argument("a } that closes ${ ($${ gives a plain ${)");
      out += variable(text.substr(2, end - 2));
      text.remove_prefix(end + 1);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string escape_environment(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) out += '$';
    out += text[i];
  }
  return out;
}

}  // namespace clinfer::config
