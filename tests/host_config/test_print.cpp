#include <doctest/doctest.h>

#include "host/config/json.h"
#include "host/config/load.h"
#include "host/config/parse.h"
#include "host/config/print.h"
#include "host/config/schema.h"

using namespace clinfer::config;

namespace {

LoadedConfig sample() {
  return load_text(
      "model: {path: m}\n"
      "messages: [{role: user, content: \"say \\\"${CLINFER_TEST_UNSET:-hi}\\\" $${x}\\n\\t\\e \\\\ "
      "\xE2\x82\xAC\"}]\n"
      "placement: [{layers: 0-3, device: gpu}, {layers: head, device: 'no'}]\n"
      "generate:\n  seed: 18446744073709551615\n  temperature: 0.1\n  stop: [\"true\"]\n",
      "dir/run.yaml",
      {"generate.stop=['true', '# no comment', \"\\n\"]", "runtime.memory_limit=3MiB",
       "runtime.force_variant.mat mul=tile8", "weights.format=on"});
}

std::string written(const RunConfig& config) {
  return json_lines(run_schema().write(config));
}

}  // namespace

TEST_CASE("a printed configuration loads to the same one, from any folder") {
  const LoadedConfig first = sample();
  const LoadedConfig again = load_text(print_config(first), "elsewhere/printed.yaml");
  CHECK(written(again.config) == written(first.config));
  CHECK(again.config.generate.stop == std::vector<std::string>{"true", "# no comment", "\n"});
  CHECK(again.config.messages.at(0).content == first.config.messages.at(0).content);
  CHECK(again.config.messages.at(0).content.find("hi\" ${x}\n") != std::string::npos);
  CHECK(again.config.runtime.force_variant.at("mat mul") == "tile8");
}

TEST_CASE("the JSON form holds such a configuration too, and the origins") {
  const LoadedConfig first = sample();
  const Value both = parse(print_config_json(first), "x");
  REQUIRE(both.find("config") != nullptr);
  CHECK(written(load_text(json_line(*both.find("config")), "y").config) == written(first.config));
  const Value* origins = both.find("origins");
  REQUIRE(origins != nullptr);
  CHECK(origins->find("generate.seed")->text == "dir/run.yaml:5");
  CHECK(origins->find("generate.top_k")->text == "default");
  CHECK(origins->find("runtime.memory_limit")->text == "--set runtime.memory_limit=3MiB");
}

TEST_CASE("each value stands beside the place it comes from") {
  const std::string text =
      print_config(load_text("model: {path: /m}\ngenerate:\n  seed: 7\n", "run.yaml", {"log.level=debug"}));
  const auto has = [&](const std::string& line) {
    return text.find("\n" + line + "\n") != std::string::npos;
  };
  CHECK(has("generate:"));
  CHECK(has("  seed: 7                 # run.yaml:3"));
  CHECK(has("  level: debug            # --set log.level=debug"));
  CHECK(has("  top_p: 1                # default"));
  CHECK(has("  path: \"/m\"              # run.yaml:1"));
  CHECK(has("  force_variant: {}       # default"));
}

TEST_CASE("a comment stays on its line whatever the override holds") {
  const LoadedConfig first = load_text("model: {path: /m}\n", "run.yaml", {"prompt=a\nversion: 2"});
  CHECK(load_text(print_config(first), "x").config.prompt == "a\nversion: 2");
}
