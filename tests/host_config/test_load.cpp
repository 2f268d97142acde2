#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>

#include "host/config/load.h"
#include "host/config/text_file.h"
#include "tests/host_config/usage_error.h"

using namespace clinfer::config;

namespace {

const std::string kGood = "tests/data/config/good/";

/// A new empty folder under the system's temporary one, removed at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    path_ = std::filesystem::temp_directory_path() / ("config_" + std::to_string(std::random_device()()));
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("every key is read") {
  const RunConfig run = load_text(R"(version: 1
model: {path: m, tokenizer: t}
device: "name~H200,!cpu"
placement: [{layers: 0-3, device: gpu}, {layers: 4, device: cpu}, {layers: head, device: cpu},
            {layers: embedding, device: gpu0}, {layers: all, device: "0:1"}]
weights: {format: fp8_e4m3_128x128}
kv_cache: {format: f16, max_context: 4096}
messages: [{role: user, content: hi}, {role: assistant, content: ""}]
system: short
generate: {max_tokens: 0, temperature: 1.5, top_k: 40, top_p: 0.95, min_p: 1, repetition_penalty: 1.1,
           repetition_window: 0, seed: 18446744073709551615, stop: ["\n\n", END], ignore_eos: true}
speculative: {method: mtp, draft_tokens: 2}
runtime: {batch_tokens: 1, memory_limit: 8GiB, kernel_cache: cache, join_launches: false,
          verify_kernels: false, force_variant: {linear: linear/rows, rms_norm: wide}}
log: {level: trace, file: run.log, format: json}
bench: {prompt_tokens: [1, 2], generate_tokens: [], depths: [0, 4096], repetitions: 3}
)",
                                  "a/run.yaml")
                            .config;
  CHECK(run.model.path == "a/m");
  CHECK(run.model.tokenizer == "a/t");
  CHECK(run.device == "name~H200,!cpu");
  REQUIRE(run.placement.size() == 5);
  CHECK(run.placement[0].layers == LayerSpan{LayerPart::range, 0, 3});
  CHECK(run.placement[1].layers == LayerSpan{LayerPart::range, 4, 4});
  CHECK(run.placement[2].layers.part == LayerPart::head);
  CHECK(run.placement[3].layers.part == LayerPart::embedding);
  CHECK(run.placement[4].layers.part == LayerPart::all);
  CHECK(run.placement[4].device == "0:1");
  CHECK(run.weights.format == "fp8_e4m3_128x128");
  CHECK(run.kv_cache.format == "f16");
  CHECK(run.kv_cache.max_context == 4096);
  REQUIRE(run.messages.size() == 2);
  CHECK(run.messages[0].role == "user");
  CHECK(run.messages[1].content == "");
  CHECK(run.system == "short");
  CHECK(run.generate.max_tokens == 0);
  CHECK(run.generate.temperature == 1.5);
  CHECK(run.generate.top_k == 40);
  CHECK(run.generate.top_p == 0.95);
  CHECK(run.generate.min_p == 1);
  CHECK(run.generate.repetition_penalty == 1.1);
  CHECK(run.generate.repetition_window == 0);
  CHECK(run.generate.seed == UINT64_MAX);
  CHECK(run.generate.stop == std::vector<std::string>{"\n\n", "END"});
  CHECK(run.generate.ignore_eos);
  CHECK(run.speculative.method == SpeculativeMethod::mtp);
  CHECK(run.speculative.draft_tokens == 2);
  CHECK(run.runtime.batch_tokens == 1);
  CHECK(run.runtime.memory_limit == int64_t{8} << 30);
  CHECK(run.runtime.kernel_cache == "a/cache");
  CHECK_FALSE(run.runtime.join_launches);
  CHECK_FALSE(run.runtime.verify_kernels);
  CHECK(run.runtime.force_variant ==
        std::map<std::string, std::string>{{"linear", "linear/rows"}, {"rms_norm", "wide"}});
  CHECK(run.log.level == LogLevel::trace);
  CHECK(run.log.file == "a/run.log");
  CHECK(run.log.format == LogFormat::json);
  CHECK(run.bench.prompt_tokens == std::vector<int64_t>{1, 2});
  CHECK(run.bench.generate_tokens.empty());
  CHECK(run.bench.depths == std::vector<int64_t>{0, 4096});
  CHECK(run.bench.repetitions == 3);
}

TEST_CASE("byte order mark, line ends of Windows, JSON, aliases, empty sections") {
  CHECK(load(kGood + "bom.yaml").config.model.path == kGood + "m");
  const LoadedConfig crlf = load(kGood + "crlf.yaml");
  CHECK(crlf.config.prompt == "one\ntwo\n");
  CHECK(crlf.origin("generate.seed") == kGood + "crlf.yaml:7");
  CHECK(load(kGood + "json.yaml").config.generate.stop == std::vector<std::string>{"\n"});
  CHECK(load(kGood + "aliases.yaml").config.placement.at(1).device == "gpu0");
  CHECK(load(kGood + "nulls.yaml").config.log.level == LogLevel::info);
  CHECK(load(kGood + "keep.yaml").config.prompt == "keep\n\n");
}

TEST_CASE("a file lies on the one it extends") {
  const LoadedConfig loaded = load(kGood + "grandchild.yaml");
  CHECK(loaded.config.model.path == kGood + "weights/m");  // relative to the file it is written in
  CHECK(loaded.config.generate.temperature == 0.5);
  CHECK(loaded.config.generate.seed == 4);
  CHECK(loaded.config.generate.stop == std::vector<std::string>{"c"});  // replaced, not appended
  CHECK(loaded.config.prompt == "");                                    // null: the default again
  CHECK(loaded.config.extends == "");
  CHECK(loaded.origin("model.path") == kGood + "base.yaml:2");
  CHECK(loaded.origin("generate.seed") == kGood + "child.yaml:3");
  CHECK(loaded.origin("system") == kGood + "grandchild.yaml:2");
  CHECK(loaded.origin("prompt") == "default");
  CHECK(loaded.origin("generate.top_k") == "default");
}

TEST_CASE("eight files may extend each other, not nine") {
  const ScratchFolder scratch;
  std::string last = scratch.write("0.yaml", "model: {path: m}\n");
  for (int i = 1; i <= 9; ++i) {
    last = scratch.write(std::to_string(i) + ".yaml", "extends: " + std::to_string(i - 1) + ".yaml\n");
    if (i == 8) CHECK_NOTHROW(load(last));
  }
  CHECK(usage_error([&] { load(last); }).find("1.yaml:1:10: key extends: more than 8 files deep") !=
        std::string::npos);
}

TEST_CASE("an environment variable in a path") {
  setenv("CLINFER_TEST_FOLDER", "/models", 1);
  CHECK(load_text("model: {path: '${CLINFER_TEST_FOLDER}/x'}\n", "a/b.yaml").config.model.path ==
        "/models/x");
}

TEST_CASE("what is not a readable text file of a reasonable size") {
  const ScratchFolder scratch;
  CHECK(usage_error([] { load("no/such.yaml"); }) == "no/such.yaml: no such file");
  CHECK(usage_error([] { load("tests"); }) == "tests: not a regular file");
  CHECK(usage_error([] { load("/dev/zero"); }) == "/dev/zero: not a regular file");
  const std::string padding(kMaxFileBytes, '\n');
  const std::string large = scratch.write("large.yaml", "model: {path: m}\n" + padding);
  CHECK(usage_error([&] { load(large); }) == large + ": larger than 1 MiB; expected a configuration file");
  const std::string most =
      scratch.write("most.yaml", ("model: {path: m}\n" + padding).substr(0, kMaxFileBytes));
  CHECK_NOTHROW(load(most));
}

TEST_CASE("hostile documents end quickly with an error") {
  const auto repeat = [](const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  const std::pair<std::string, const char*> cases[] = {
      {repeat("[", 100'000), "x:1:17: nested deeper than 32"},
      {repeat("- ", 100'000), "x:1:65: nested deeper than 32"},
      {repeat("{a: ", 100'000), "nested deeper than 32"},
      {repeat("? ", 100'000), "nested deeper than 32"},
      {repeat("[a,", 250'000), "nested deeper than 32"},
      {"bench: {depths: [" + repeat("0,", 20'000) + "]}", "more than 10000 values"},
      {std::string(1'000'000, 'a'), "expected a map of sections, got \"aaaaaaaa"},
      {"prompt: \"" + repeat("\\n", 400'000), "a quote that is not closed"},
  };
  for (const auto& [text, message] : cases) {
    CAPTURE(text.substr(0, 40));
    const std::string error = usage_error([&, &document = text] { load_text(document, "x"); });
    CHECK_MESSAGE(error.find(message) != std::string::npos, error);
    CHECK(error.size() < 300);
  }
}

TEST_CASE("a good file with bytes changed loads or gives an error, nothing else") {
  const std::string good =
      read_text_file(kGood + "base.yaml") + read_text_file(kGood + "aliases.yaml").substr(17);
  std::mt19937 random(1);
  const std::string marks = ":-[]{}\"'#&*!|>%@`,?\n\t \r\\$~x9";
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text = good;
    for (int change = 0; change < 3; ++change) text[random() % text.size()] = marks[random() % marks.size()];
    try {
      load_text(text, "x");
    } catch (const clinfer::Error& error) {
      CHECK(error.fault() == clinfer::Fault::usage);
    }
  }
}
