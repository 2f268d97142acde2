#include <doctest/doctest.h>

#include "host/config/load.h"
#include "tests/host_config/usage_error.h"

using namespace clinfer::config;

namespace {

LoadedConfig with(const std::vector<std::string>& overrides) {
  return load_text("model: {path: m}\ngenerate: {seed: 1, stop: [a]}\n", "dir/run.yaml", overrides);
}

}  // namespace

TEST_CASE("overrides win over the file, later ones over earlier ones") {
  const LoadedConfig loaded = with({"generate.seed=2", "generate.seed=3", "log.level=debug"});
  CHECK(loaded.config.generate.seed == 3);
  CHECK(loaded.config.log.level == LogLevel::debug);
  CHECK(loaded.origin("generate.seed") == "--set generate.seed=3");
  CHECK(loaded.origin("generate.stop") == "dir/run.yaml:2");
}

TEST_CASE("values are YAML where they look like it") {
  CHECK(with({"generate.stop=[\"\\n\", b]"}).config.generate.stop == std::vector<std::string>{"\n", "b"});
  CHECK(with({"generate={seed: 9}"}).config.generate.seed == 9);
  CHECK(with({"prompt=a: b # c = *d"}).config.prompt == "a: b # c = *d");
  CHECK(with({"prompt='it''s'"}).config.prompt == "it's");
  CHECK(with({"runtime.force_variant.matmul=tile8"}).config.runtime.force_variant.at("matmul") == "tile8");
}

TEST_CASE("nothing or null brings the default back") {
  CHECK(with({"generate.seed="}).config.generate.seed == 0);
  const LoadedConfig loaded = with({"generate=null"});
  CHECK(loaded.config.generate.stop.empty());
  CHECK(loaded.origin("generate.seed") == "default");
}

TEST_CASE("paths in the file are relative to it, paths in overrides to the current folder") {
  CHECK(with({}).config.model.path == "dir/m");
  CHECK(with({"model.path=x/../m"}).config.model.path == "m");
  CHECK(with({"model.path=/m"}).config.model.path == "/m");
}

TEST_CASE("overrides alone make a run") {
  CHECK(load("", {"model.path=m"}).config.model.path == "m");
  CHECK(usage_error([] { load(""); }) ==
        "configuration: key model.path: expected a checkpoint folder or a .gguf file, got nothing");
}

TEST_CASE("bad overrides") {
  const std::pair<const char*, const char*> cases[] = {
      {"generate.seed", "--set generate.seed: expected KEY=VALUE"},
      {"=1", "--set =1: expected KEY=VALUE"},
      {".=1", "--set .=1: unknown key \"\""},
      {"generate..seed=1", "--set generate..seed=1: key generate: unknown key \"\""},
      {"generate.sed=1", "--set generate.sed=1: key generate: unknown key \"sed\"; did you mean seed?"},
      {"generate.seed=-1",
       "--set generate.seed=-1: key generate.seed: expected an integer in [0, 2^64 - 1], got -1"},
      {"generate.seed.x=1", "key generate.seed: expected an integer in [0, 2^64 - 1], got a map"},
      {"placement.0.device=cpu", "key placement: expected a list of at most 256, each a rule, got a map"},
      {"generate.stop=[a", "--set generate.stop=[a: not valid YAML: end of sequence flow not found"},
      {"generate.stop=[[a]]", "key generate.stop[0]: expected a string of 1 to 1024 bytes, got a list"},
      {"prompt=\"x", "--set prompt=\"x: a quote that is not closed"},
      {"generate={seed: 1, seed: 2}",
       ": duplicate key \"seed\", first given at --set generate={seed: 1, seed: 2}"},
      {"generate.temperature=1\n2", "--set generate.temperature=1\\n2: key generate.temperature: expected"},
      {"extends=x.yaml", "--set extends=x.yaml: key extends: expected in a file only"},
      {"generate.temperature=-1", "key generate.temperature: expected a number in [0, 100], got -1"},
  };
  for (const auto& [override, message] : cases) {
    CAPTURE(override);
    CHECK_MESSAGE(usage_error([&] { with({override}); }).find(message) != std::string::npos,
                  usage_error([&] { with({override}); }));
  }
}

TEST_CASE("a bad override is an error even when a later one replaces it") {
  CHECK(usage_error([] {
          with({"generate.top_p=2", "generate.top_p=1"});
        }) == "--set generate.top_p=2: key generate.top_p: expected a number in (0, 1], got 2");
}
