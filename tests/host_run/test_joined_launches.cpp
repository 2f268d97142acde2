#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "host/run/engine.h"
#include "tests/host_cl/scratch_folder.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"

using namespace clinfer;

namespace {

constexpr int32_t kTokens = 40;

struct Run {
  std::vector<float> logits;  ///< of all tokens, one after another
  size_t commands = 0;        ///< queued for one token
};

/// Tokens one at a time, so that every call is of the decode plan; then two in
/// one call.
Run decode(const io::Checkpoint& checkpoint, const graph::DeviceInfo& device, const std::string& activations,
           std::optional<kernels::ChainKind> join, int32_t tokens = kTokens) {
  run::EngineOptions options;
  options.devices = {device};
  options.max_context = kTokens + 2;
  options.weights_format = "q8_0";
  options.activations_format = activations;
  if (join) options.join_from_bytes = 0;
  options.join_as = join;
  cl::ProgramCache programs;
  run::Engine engine(checkpoint, options, programs, {});
  Run run;
  const auto call = [&](std::vector<int32_t> ids, int64_t position) {
    const auto last = static_cast<int32_t>(ids.size()) - 1;
    const auto row = engine.forward(ids, position, std::span(&last, 1));
    run.logits.insert(run.logits.end(), row.begin(), row.end());
  };
  for (int32_t i = 0; i < tokens; ++i) call({7 * i + 3}, i);
  call({11, 12}, tokens);
  run.commands = engine.decode_commands();
  return run;
}

/// How the decode plan of an engine is launched, made with kernels and a cache of `folder`.
struct Start {
  size_t commands = 0;        ///< queued for one token
  bool checked = false;       ///< joined launches were compared with single ones
  bool joined_later = false;  ///< not before a prompt
  std::vector<float> logits;  ///< of two tokens behind a prompt
};

Start start(const graph::DeviceInfo& device, const cl::ScratchFolder& folder) {
  run::EngineOptions options;
  options.devices = {device};
  options.max_context = options.batch_tokens = 16;
  options.join_from_bytes = 0;
  options.decode_later = true;
  options.profile = std::make_shared<run::Profile>();
  const auto checkpoint = io::open(tests::generated_model("qwen3"));
  cl::ProgramCache programs(
      {.folder = folder.path() / "cache", .loader = cl::SourceLoader(folder.path() / "cl_kernels")});
  run::Engine engine(*checkpoint, options, programs, {});
  const auto happened = [&](std::string_view what) {
    const std::vector<run::HostSpan> host = options.profile->host();
    return std::ranges::find(host, what, &run::HostSpan::what) != host.end();
  };
  Start start;
  start.joined_later = !happened("join launches");
  const std::vector<int32_t> prompt = {3, 10, 17, 24, 31, 38, 45, 52, 59, 66};
  const int32_t last = 9;
  engine.forward(prompt, 0, std::span(&last, 1));
  const int32_t row = 0;
  for (int64_t position = 10; position < 12; ++position) {  // by steps, then joined
    const auto logits = engine.forward(std::span(prompt).first(1), position, std::span(&row, 1));
    start.logits.insert(start.logits.end(), logits.begin(), logits.end());
  }
  start.commands = engine.decode_commands();
  start.checked = happened("check joined launches");
  return start;
}

/// Has a chain leave out its last launch.
void break_chain(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  std::string broken = text.str();
  const std::string loop = "i < count;";
  const size_t at = broken.find(loop);
  REQUIRE(at != std::string::npos);
  std::ofstream(file) << broken.replace(at, loop.size(), "i < count - 1;");
}

}  // namespace

TEST_CASE("joined launches that answered rightly are remembered, by their programs, and made when needed") {
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    if (!device.is_cpu) continue;
    CAPTURE(device.name);
    const cl::ScratchFolder folder;
    std::filesystem::copy("cl_kernels", folder.path() / "cl_kernels",
                          std::filesystem::copy_options::recursive);
    const Start first = start(device, folder);
    CHECK(first.commands == 1);
    CHECK(first.checked);
    CHECK_FALSE(first.joined_later);
    const Start second = start(device, folder);
    CHECK(second.commands == 1);
    CHECK_FALSE(second.checked);
    CHECK(second.joined_later);
    CHECK(second.logits == first.logits);
    break_chain(folder.path() / "cl_kernels" / "chain.cl");
    for (int again = 0; again < 2; ++again) {
      const Start broken = start(device, folder);
      CHECK(broken.commands > 20);
      CHECK(broken.checked);
      CHECK(broken.logits == first.logits);
    }
  }
}

TEST_CASE("one launch for a token gives the bits of one launch for each kernel") {
  for (const char* model : {"qwen3", "deepseek_v3"}) {
    const auto checkpoint = io::open(tests::generated_model(model));
    for (const graph::DeviceInfo& device : cl::usable_devices()) {
      if (!device.is_cpu) continue;
      for (const char* activations : {"keep", "int8_g32"}) {
        CAPTURE(model);
        CAPTURE(device.name);
        CAPTURE(activations);
        const Run apart = decode(*checkpoint, device, activations, {});
        CHECK(apart.commands > 20);
        const Run joined = decode(*checkpoint, device, activations, kernels::ChainKind::of_items);
        CHECK(joined.commands == 1);
        CHECK(joined.logits == apart.logits);
      }
    }
  }
}

TEST_CASE("groups side by side give the bits of one launch for each kernel") {
  const auto checkpoint = io::open(tests::generated_model("qwen3"));
  for (const graph::DeviceInfo& device : cl::usable_devices()) {
    if (!device.is_cpu && !device.probes.wgmma) continue;
    CAPTURE(device.name);
    const Run apart = decode(*checkpoint, device, "keep", {}, 3);
    const Run joined = decode(*checkpoint, device, "keep", kernels::ChainKind::of_groups, 3);
    CHECK(joined.commands == 1);
    CHECK(joined.logits == apart.logits);
  }
}
