#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "host/run/engine.h"
#include "host/run/input_statistics.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"

using namespace clinfer;

namespace {

constexpr int64_t kTokens = 24;

/// Statistics of two calls of half the tokens each, and beside them the squares of what `norm` gave.
struct Observed {
  run::InputStatistics statistics;
  std::vector<double> of_norm;

  Observed(const std::string& model, const std::string& norm) {
    REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
    const auto checkpoint = io::open(tests::generated_model(model));
    cl::ProgramCache programs;
    run::EngineOptions options;
    options.devices = {cl::usable_devices().front()};
    options.batch_tokens = 32;
    run::Engine engine(*checkpoint, options, programs, run::Progress{});
    engine.observe([&](const run::StepView& view) {
      statistics.add(view);
      if (view.node().name != norm) return;
      const std::vector<float> y = view.floats(view.node().outputs[0]);
      const auto cols = static_cast<size_t>(view.value(view.node().outputs[0]).type.cols);
      of_norm.resize(cols);
      for (size_t i = 0; i < y.size(); ++i) of_norm[i % cols] += double{y[i]} * double{y[i]};
    });
    std::vector<int32_t> ids(kTokens / 2);
    std::iota(ids.begin(), ids.end(), 5);
    const int32_t last = kTokens / 2 - 1;
    engine.forward(ids, 0, std::span(&last, 1));
    engine.forward(ids, kTokens / 2, std::span(&last, 1));
  }

  const io::ColumnSquares& of(const std::string& tensor) const { return statistics.all().at(tensor).at(0); }
};

}  // namespace

TEST_CASE("statistics: squares of what a linear layer reads") {
  const Observed observed("qwen3", "model.layers.1.input_layernorm");
  for (const char* part : {"q_proj", "k_proj", "v_proj"}) {
    const io::ColumnSquares& squares =
        observed.of("model.layers.1.self_attn." + std::string(part) + ".weight");
    CHECK(squares.rows == kTokens);
    CHECK(squares.sums == observed.of_norm);
  }
  CHECK(observed.of("model.layers.1.mlp.down_proj.weight").rows == kTokens);
  CHECK(observed.of("model.layers.1.mlp.down_proj.weight").sums != observed.of_norm);
  CHECK(observed.of("lm_head.weight").rows == 2);
}

TEST_CASE("statistics: experts by what was routed to them, latents of the context once") {
  const Observed observed("deepseek_v3", "model.layers.2.post_attention_layernorm");
  CHECK(observed.of("model.layers.2.self_attn.kv_b_proj.weight").rows == kTokens);
  const std::string experts = "model.layers.2.mlp.experts.";
  int64_t rows = 0;
  std::vector<double> sums(observed.of_norm.size());
  int64_t slots = 0;
  for (int64_t e = 0; observed.statistics.all().contains(experts + std::to_string(e) + ".up_proj.weight");
       ++e) {
    const std::string expert = experts + std::to_string(e);
    const io::ColumnSquares& up = observed.of(expert + ".up_proj.weight");
    CHECK(up.rows == observed.of(expert + ".down_proj.weight").rows);
    const auto& down = observed.of(expert + ".down_proj.weight").sums;
    CHECK((std::accumulate(down.begin(), down.end(), 0.0) > 0) == (up.rows > 0));
    rows += up.rows;
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += up.sums[i];
  }
  slots = rows / kTokens;
  CHECK(slots > 1);
  CHECK(rows == slots * kTokens);
  // Every token is with as many experts as there are slots.
  for (size_t i = 0; i < sums.size(); ++i)
    CHECK(sums[i] == doctest::Approx(observed.of_norm[i] * static_cast<double>(slots)));
}
