#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "host/run/engine.h"
#include "quant/error.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"

using namespace clinfer;

namespace {

constexpr int64_t kTokens = 12;

struct Subject {
  std::unique_ptr<io::Checkpoint> checkpoint;
  cl::ProgramCache programs;
  std::unique_ptr<run::Engine> engine;

  explicit Subject(const std::string& model, bool draft = false) : checkpoint(io::open(model)) {
    REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
    run::EngineOptions options;
    options.devices = {cl::usable_devices().front()};
    options.batch_tokens = 32;
    options.draft = draft;
    engine = std::make_unique<run::Engine>(*checkpoint, options, programs, run::Progress{});
  }

  std::vector<float> logits() {
    std::vector<int32_t> ids(kTokens);
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(7 * i + 3);
    const int32_t last = kTokens - 1;
    const auto row = engine->forward(ids, 0, std::span(&last, 1));
    return {row.begin(), row.end()};
  }
};

std::string dense() {
  return tests::generated_model("qwen3");
}

}  // namespace

TEST_CASE("an observer sees every step, and what it worked on") {
  Subject subject(dense());
  const std::vector<float> expected = subject.logits();
  std::set<int> seen;
  std::vector<float> last;
  double worst = 0;
  subject.engine->observe([&](const run::StepView& view) {
    seen.insert(view.step().node);
    const graph::Node& node = view.node();
    if (view.plan().graph.find("logits") == node.outputs.front()) last = view.floats(node.outputs.front());
    if (!std::holds_alternative<graph::Add>(node.op)) return;
    // The inputs are intact: their sum is the output.
    const std::vector<float> a = view.floats(node.inputs[0]);
    const std::vector<float> b = view.floats(node.inputs[1]);
    const std::vector<float> sum = view.floats(node.outputs[0]);
    CHECK(view.rows(node.outputs[0]) == kTokens);
    REQUIRE(sum.size() == static_cast<size_t>(kTokens * subject.engine->model().hidden_size));
    for (size_t i = 0; i < sum.size(); ++i)
      worst = std::max(worst, static_cast<double>(std::fabs(a[i] + b[i] - sum[i])));
  });
  CHECK(subject.logits() == expected);  // looking changes nothing
  CHECK(seen.size() == subject.engine->plans().list.front()->steps.size());
  CHECK(last == expected);
  CHECK(worst == 0);
  subject.engine->observe({});
  seen.clear();
  CHECK(subject.logits() == expected);
  CHECK(seen.empty());
}

TEST_CASE("an observer reads integers and written caches") {
  Subject subject(dense());
  int64_t caches = 0;
  subject.engine->observe([&](const run::StepView& view) {
    const graph::Node& node = view.node();
    if (std::holds_alternative<graph::Embedding>(node.op))
      CHECK(view.integers(node.inputs[0])[1] == 10);  // the second token
    if (!std::holds_alternative<graph::CacheAppend>(node.op)) return;
    ++caches;
    const std::vector<float> cache = view.floats(node.outputs[0]);
    const std::vector<float> added = view.floats(node.inputs[1]);
    REQUIRE(cache.size() == added.size());  // all of the context is new
    // f16: a relative step of 2^-11.
    for (size_t i = 0; i < cache.size(); ++i)
      CHECK(std::fabs(cache[i] - added[i]) <= 0x1p-11 * std::fabs(added[i]) + 1e-7);
    CHECK_THROWS_AS(view.integers(node.outputs[0]), Error);
    CHECK_THROWS_AS(view.floats(-1), Error);
  });
  subject.logits();
  CHECK(caches > 0);
}

TEST_CASE("an observer sees the draft module too") {
  Subject subject("tests/models/tiny-deepseek-v3-fp8", true);
  std::set<std::string> graphs;
  subject.engine->observe([&](const run::StepView& view) { graphs.insert(view.plan().graph.name); });
  subject.logits();
  CHECK(graphs.size() == 1);
  const int32_t next = 5;
  subject.engine->draft(std::span(&next, 1), 0);
  CHECK(graphs.size() == 2);
}
