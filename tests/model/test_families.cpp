#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "tests/host_cl/usable_devices.h"
#include "tests/model/family_support.h"
#include "tests/model/golden_check.h"

using namespace clinfer;

namespace {

std::vector<std::string> folders_below(const std::string& root) {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (std::filesystem::exists(entry.path() / "goldens.safetensors")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

TEST_CASE(
    "each folder below CLINFER_TEST_FAMILIES agrees with its golden, or its family is refused by name") {
  const char* root = std::getenv("CLINFER_TEST_FAMILIES");
  if (root == nullptr) return;
  REQUIRE(!folders_below(root).empty());
  for (const std::string& folder : folders_below(root)) {
    if (tests::has_family(folder)) tests::check_golden(folder, cl::usable_devices());
  }
}
