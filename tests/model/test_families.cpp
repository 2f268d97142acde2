#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "graph/models/models.h"
#include "host/io/config_json.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/host_io/fault_message.h"
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

bool is_known(const graph::Meta& config) {
  const std::string type = config.string("model_type");
  return std::any_of(graph::families().begin(), graph::families().end(), [&](const graph::Family& family) {
    return std::find(family.model_types.begin(), family.model_types.end(), type) != family.model_types.end();
  });
}

/// Either the family is there and agrees with its golden, or it is refused by name.
void check_family(const std::string& folder, const std::vector<graph::DeviceInfo>& devices) {
  const graph::Meta config = io::read_config_json(folder + "/config.json");
  const std::string type = config.string("model_type");
  if (!is_known(config)) {
    const std::string message = test::fault_message(Fault::model, [&] { graph::build_model(config); });
    CHECK_MESSAGE(test::contains(message, type), message);
    std::printf("%-22s not supported: %s\n", std::filesystem::path(folder).filename().c_str(), type.c_str());
    return;
  }
  tests::check_interpreter(folder);
  for (const graph::DeviceInfo& device : devices) tests::check_device(folder, device);
}

}  // namespace

TEST_CASE(
    "each folder below CLINFER_TEST_FAMILIES agrees with its golden, or its family is refused by name") {
  const char* root = std::getenv("CLINFER_TEST_FAMILIES");
  if (root == nullptr) return;
  REQUIRE(!folders_below(root).empty());
  for (const std::string& folder : folders_below(root)) check_family(folder, cl::usable_devices());
}
