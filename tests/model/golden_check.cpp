#include "tests/model/golden_check.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>

#include "tests/model/reference.h"
#include "tests/model/runs.h"

namespace clinfer::tests {
namespace {

struct Golden {
  std::string name;
  std::unique_ptr<io::Checkpoint> checkpoint;
  Reference reference;
  std::vector<int32_t> prompt;
  std::vector<int32_t> greedy;
  std::vector<int32_t> text;  ///< prompt and greedy ids but the last, whose logits nobody asks for

  explicit Golden(const std::string& folder)
      : name(std::filesystem::path(folder).filename()),
        checkpoint(io::open(folder)),
        reference(folder + "/goldens.safetensors"),
        prompt(reference.integers("input_ids")),
        greedy(reference.integers("greedy_ids")),
        text(prompt) {
    text.insert(text.end(), greedy.begin(), greedy.end() - 1);
  }
  std::span<const int32_t> first_ten() const { return std::span(prompt).first(10); }
  /// A context in which ten tokens rotate as they do alone: LongRoPE has two tables. 0: any.
  int64_t context_of_ten() const {
    const bool two_tables =
        checkpoint->config().object("rope_scaling").string_or("rope_type", "") == "longrope";
    return two_tables ? 10 : 0;
  }
};

void check_choices(const Golden& golden, const Truth& truth) {
  for (int layer = 0; layer < 16; ++layer) {
    const std::string p = "model.layers." + std::to_string(layer);
    const std::string router = truth.router_of(p);
    const bool gate = golden.reference.has("topk." + p + ".mlp.gate");
    const std::string topk = "topk." + (gate ? p + ".mlp.gate" : router);
    if (!golden.reference.has(topk)) continue;
    const std::vector<int32_t> expected = golden.reference.integers(topk);
    const graph::Array chosen = truth.chosen(router);
    REQUIRE(static_cast<int64_t>(expected.size()) <= static_cast<int64_t>(chosen.data.size()));
    int64_t other = 0;
    for (size_t i = 0; i < expected.size(); ++i) other += static_cast<int32_t>(chosen.data[i]) != expected[i];
    CHECK_MESSAGE(other == 0, topk << ": " << other << " choices of " << expected.size() << " differ");
  }
}

/// Feeds the likeliest token back; from where the margin is too small to tell, Hugging Face's choice.
void check_greedy(const Golden& golden, run::Engine& engine) {
  const graph::Array margins = golden.reference.matrix("greedy_margin");
  graph::Array logits = engine_logits(engine, golden.prompt, golden.prompt.size());
  int32_t id = likeliest(logits, logits.rows - 1);
  const int32_t row = 0;
  for (size_t i = 0; i < golden.greedy.size(); ++i) {
    if (margins.data[i] > 1e-3) CHECK_MESSAGE(id == golden.greedy[i], "greedy token " << i);
    const auto next = engine.forward(std::span(&golden.greedy[i], 1),
                                     static_cast<int64_t>(golden.prompt.size() + i), std::span(&row, 1));
    id = static_cast<int32_t>(std::max_element(next.begin(), next.end()) - next.begin());
  }
}

}  // namespace

void check_interpreter(const std::string& folder) {
  const Golden golden(folder);
  const std::string& name = golden.name;
  Truth ten(*golden.checkpoint, false, "keep", golden.context_of_ten());
  const double short_error =
      max_difference(ten.logits(golden.first_ten()), golden.reference.matrix("logits_short"));
  CHECK_MESSAGE(short_error <= kLogitLimit, name << ", ten tokens: " << short_error);
  const graph::Array expected = golden.reference.matrix("logits_all");
  Truth truth(*golden.checkpoint, false);
  const double error = max_difference(truth.logits(golden.text), expected);
  CHECK_MESSAGE(error <= kLogitLimit, name << ": " << error);
  check_choices(golden, truth);
  std::printf("%-22s interpreter %.2e, ten tokens %.2e\n", name.c_str(), error, short_error);
}

void check_device(const std::string& folder, const graph::DeviceInfo& device) {
  const Golden golden(folder);
  const std::string& name = golden.name;
  const auto engine = make_engine(*golden.checkpoint, float_options({device}));
  const graph::Array expected = golden.reference.matrix("logits_all");
  std::printf("%-22s %-5s", name.c_str(), device.id.c_str());
  for (const size_t chunk : {size_t{64}, size_t{20}, size_t{7}, size_t{1}}) {
    const double error = max_difference(engine_logits(*engine, golden.text, chunk), expected);
    CHECK_MESSAGE(error <= kLogitLimit,
                  name << " on " << device.id << ", " << chunk << " tokens a call: " << error);
    std::printf("  by %zu: %.2e", chunk, error);
  }
  std::printf("\n");
  check_greedy(golden, *engine);
  run::EngineOptions options = float_options({device});
  options.max_context = golden.context_of_ten();
  const auto other = options.max_context > 0 ? make_engine(*golden.checkpoint, options) : nullptr;
  CHECK(max_difference(engine_logits(other ? *other : *engine, golden.first_ten(), 10),
                       golden.reference.matrix("logits_short")) <= kLogitLimit);
}

}  // namespace clinfer::tests
