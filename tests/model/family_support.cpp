#include "tests/model/family_support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "graph/models/models.h"
#include "host/io/config_json.h"
#include "tests/host_io/fault_message.h"

namespace clinfer::tests {

bool has_family(const std::string& folder) {
  const graph::Meta config = io::read_config_json(folder + "/config.json");
  const std::string type = config.string("model_type");
  const auto names_it = [&](const graph::Family& family) {
    return std::find(family.model_types.begin(), family.model_types.end(), type) != family.model_types.end();
  };
  if (std::any_of(graph::families().begin(), graph::families().end(), names_it)) return true;
  const std::string message = test::fault_message(Fault::model, [&] { graph::build_model(config); });
  CHECK_MESSAGE(test::contains(message, type), message);
  std::printf("%-22s not supported: %s\n", std::filesystem::path(folder).filename().c_str(), type.c_str());
  return false;
}

}  // namespace clinfer::tests
