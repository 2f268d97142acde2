#include <doctest/doctest.h>

#include <filesystem>

#include "graph/models/models.h"
#include "graph/print.h"
#include "host/io/config_json.h"
#include "tests/model/family_support.h"
#include "tests/model/generated_model.h"

using namespace clinfer;

namespace {

std::string printed(const std::string& config) {
  return graph::to_text(graph::build_model(io::read_config_json(config)).main);
}

}  // namespace

TEST_CASE("transformers 5's spelling of a configuration builds the same graph") {
  int compared = 0;
  for (const std::string& name : tests::generated_models()) {
    const std::string folder = tests::family_folder(name);
    const std::string newer = folder + "/config.v5.json";
    if (!std::filesystem::exists(newer) || !tests::has_family(folder)) continue;
    CAPTURE(name);
    CHECK(printed(folder + "/config.json") == printed(newer));
    ++compared;
  }
  CHECK(compared >= 40);
}
