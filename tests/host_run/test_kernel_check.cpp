#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "graph/passes/set_cache_format.h"
#include "host/run/engine.h"
#include "host/run/kernel_question.h"
#include "tests/host_cl/scratch_folder.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/host_io/fault_message.h"
#include "tests/model/generated_model.h"

using namespace clinfer;
using test::contains;

namespace {

/// A kernel of linear_tile's name and arguments that computes nothing.
constexpr const char* kIdleTile = R"(#include "args/linear_args.h"
kernel __attribute__((reqd_work_group_size(WG_SIZE, 1, 1))) void linear_tile(
    global const float* x, global const uchar* w, global const float* b, global float* y, const LinearArgs a) {}
)";

/// A copy of the kernel sources in which some files are replaced.
class Kernels {
 public:
  Kernels() {
    std::filesystem::copy("cl_kernels", folder_.path() / "cl_kernels",
                          std::filesystem::copy_options::recursive);
  }
  Kernels(const std::string& replaced, const std::string& text) : Kernels() {
    std::ofstream(folder_.path() / "cl_kernels" / replaced) << text;
  }
  cl::CacheOptions options() const {
    return {.folder = folder_.path() / "cache", .loader = cl::SourceLoader(folder_.path() / "cl_kernels")};
  }
  int64_t cached() const {
    if (!std::filesystem::exists(folder_.path() / "cache")) return 0;
    return std::distance(std::filesystem::directory_iterator(folder_.path() / "cache"), {});
  }

 private:
  cl::ScratchFolder folder_;
};

run::EngineOptions options_of() {
  REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
  run::EngineOptions options;
  options.devices = {cl::usable_devices().front()};
  options.batch_tokens = 32;
  return options;
}

std::unique_ptr<run::Engine> make(const Kernels& kernels, const run::EngineOptions& options) {
  const auto checkpoint = io::open(tests::generated_model("qwen3"));
  cl::ProgramCache programs(kernels.options());
  auto engine = std::make_unique<run::Engine>(*checkpoint, options, programs, run::Progress{});
  programs.flush();
  return engine;
}

std::vector<float> some_logits(run::Engine& engine) {
  std::vector<int32_t> ids(20);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(7 * i + 3);
  const int32_t last = 19;
  const auto logits = engine.forward(ids, 0, std::span(&last, 1));
  return {logits.begin(), logits.end()};
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    most = d <= most ? most : d;  // NaN is taken
  }
  return most;
}

/// How many prefill steps set linear/tile aside for a reason that contains `why`.
int64_t set_aside(const run::Engine& engine, const std::string& why) {
  const plan::Plan& plan = *engine.plans().list.front();
  return std::count_if(plan.steps.begin(), plan.steps.end(), [&](const plan::Step& step) {
    return std::any_of(step.refused.begin(), step.refused.end(), [&](const plan::Refusal& refusal) {
      return refusal.variant == "linear/tile" && contains(refusal.reason, why);
    });
  });
}

}  // namespace

TEST_CASE("right kernels pass and are taken as planned") {
  const Kernels kernels;
  const auto engine = make(kernels, options_of());
  for (const auto& plan : engine->plans().list) {
    for (const plan::Step& step : plan->steps) {
      for (const plan::Refusal& refusal : step.refused) {
        CHECK_MESSAGE(!contains(refusal.reason, "answers wrongly"),
                      refusal.variant << ": " << refusal.reason);
        CHECK_MESSAGE(!contains(refusal.reason, "does not build"), refusal.variant << ": " << refusal.reason);
      }
    }
  }
}

TEST_CASE("the question about a node keeps operands that are one value the same") {
  graph::Attention op;
  op.heads = 8;
  op.key_dim = 48;
  op.value_dim = 32;
  graph::Builder b("latent");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, op.heads * op.key_dim});
  const auto latents = b.cache("latents", op.key_dim, op.value_dim, op.key_dim - op.value_dim);
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  b.output(b.add(op, "y", {q, latents, latents, positions}), "y");
  graph::Graph graph = b.finish(0);
  graph::set_cache_format(graph, "f16");
  const run::KernelQuestion question = run::make_question(graph, graph.nodes.front(), {4, 4, 64});
  const std::vector<graph::ValueId>& ids = question.graph.nodes.front().inputs;
  REQUIRE(ids.size() == 4);
  CHECK(ids[1] == ids[2]);
  CHECK(question.inputs[1] == question.inputs[2]);
  CHECK(question.inputs[0] != question.inputs[1]);
}

TEST_CASE("a kernel that does not build falls to the next variant") {
  const Kernels right;
  const std::vector<float> expected = some_logits(*make(right, options_of()));
  const Kernels broken("linear_tile.cl", "#error broken on purpose\n");
  const auto engine = make(broken, options_of());
  CHECK(set_aside(*engine, "does not build") > 10);
  CHECK(distance(some_logits(*engine), expected) < 1e-4);
}

TEST_CASE("a kernel that answers wrongly falls to the next variant, unless trials are off") {
  const Kernels right;
  const std::vector<float> expected = some_logits(*make(right, options_of()));
  const Kernels wrong("linear_tile.cl", kIdleTile);
  const auto engine = make(wrong, options_of());
  CHECK(set_aside(*engine, "answers wrongly") > 10);
  CHECK(distance(some_logits(*engine), expected) < 1e-4);
  run::EngineOptions trusting = options_of();
  trusting.verify_kernels = false;
  const auto fooled = make(wrong, trusting);
  CHECK(set_aside(*fooled, "wrongly") == 0);
  CHECK_FALSE(distance(some_logits(*fooled), expected) < 1e-2);
}

TEST_CASE("without another variant, or with a forced one, a faulty kernel is a fault of the device") {
  const Kernels no_add("add.cl", "#error broken on purpose\n");
  CHECK(contains(test::fault_message(Fault::device, [&] { make(no_add, options_of()); }), "is left"));
  const Kernels no_tile("linear_tile.cl", kIdleTile);
  run::EngineOptions forced = options_of();
  forced.force_variant["linear"] = "linear/tile";
  forced.prefill_outputs = forced.batch_tokens;
  // Decode has no use for linear/tile, so forcing it fails there already.
  CHECK(contains(test::fault_message(Fault::device, [&] { make(no_tile, forced); }), "linear/tile"));
}

TEST_CASE("right answers are remembered beside the programs") {
  const Kernels kernels;
  run::EngineOptions trusting = options_of();
  trusting.verify_kernels = false;
  make(kernels, trusting);
  const int64_t programs = kernels.cached();
  make(kernels, options_of());
  const int64_t with_answers = kernels.cached();
  CHECK(with_answers > programs);
  make(kernels, options_of());
  CHECK(kernels.cached() == with_answers);
}
