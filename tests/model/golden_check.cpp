#include "tests/model/golden_check.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <numeric>

#include "graph/ops.h"
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
  std::vector<int32_t> rows;  ///< of the text whose logits are known
  graph::Array logits;        ///< of these rows
  graph::Array short_logits;  ///< the last rows of ten tokens alone
  double limit = kLogitLimit;

  explicit Golden(const std::string& folder);
  std::span<const int32_t> first_ten() const { return std::span(prompt).first(10); }
  /// A context in which ten tokens rotate as they do alone: LongRoPE has two tables. 0: any.
  int64_t context_of_ten() const;

  double error(const graph::Array& all) const;
  double short_error(const graph::Array& ten) const {
    return max_difference(ten, short_logits, ten.rows - short_logits.rows);
  }
};

/// The delta rule is what stands behind short convolutions.
double limit_of(const graph::Graph& graph) {
  const bool delta_rule = std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const graph::Node& node) {
    return name_of(node.op) == "causal_conv";
  });
  return delta_rule ? kDeltaRuleLimit : kLogitLimit;
}

Golden::Golden(const std::string& folder)
    : name(std::filesystem::path(folder).filename()),
      checkpoint(io::open(folder)),
      reference(folder + "/goldens.safetensors"),
      prompt(reference.integers("input_ids")),
      greedy(reference.integers("greedy_ids")),
      text(prompt),
      logits(reference.matrix(reference.has("positions") ? "logits" : "logits_all")),
      short_logits(reference.matrix("logits_short")),
      limit(limit_of(graph::build_model(checkpoint->config()).main)) {
  text.insert(text.end(), greedy.begin(), greedy.end() - 1);
  rows.resize(text.size());
  std::iota(rows.begin(), rows.end(), 0);
  if (reference.has("positions")) rows = reference.integers("positions");
  REQUIRE(static_cast<int64_t>(rows.size()) == logits.rows);
}

int64_t Golden::context_of_ten() const {
  const bool two_tables =
      checkpoint->config().object("rope_scaling").string_or("rope_type", "") == "longrope";
  return two_tables ? 10 : 0;
}

double Golden::error(const graph::Array& all) const {
  graph::Array known(logits.rows, all.cols);
  for (int64_t r = 0; r < known.rows; ++r)
    std::copy_n(all.row(rows[static_cast<size_t>(r)]), all.cols, known.row(r));
  return max_difference(known, logits);
}

/// The name of the tensor with the choices of a layer's router; "" when there is none.
std::string choices_of(const Golden& golden, const std::string& layer, const std::string& router) {
  for (const std::string& name : {"topk." + layer, "topk." + layer + ".mlp.gate", "topk." + router}) {
    if (golden.reference.has(name)) return name;
  }
  return "";
}

void check_choices(const Golden& golden, const Truth& truth) {
  for (int index = 0; index < 16; ++index) {
    const std::string layer = "model.layers." + std::to_string(index);
    const std::string router = truth.router_of(layer);
    const std::string name = choices_of(golden, layer, router);
    if (name.empty()) continue;
    const std::vector<int32_t> expected = golden.reference.integers(name);
    REQUIRE_MESSAGE(router != "", layer << " has no router");
    const graph::Array chosen = truth.chosen(router);
    REQUIRE(static_cast<int64_t>(expected.size()) <= static_cast<int64_t>(chosen.data.size()));
    int64_t other = 0;
    for (size_t i = 0; i < expected.size(); ++i) other += static_cast<int32_t>(chosen.data[i]) != expected[i];
    CHECK_MESSAGE(other == 0, golden.name << ", " << name << ": " << other << " choices of "
                                          << expected.size() << " differ");
  }
}

/// Feeds the likeliest token back; from where the margin is too small to tell, Hugging Face's choice.
void check_greedy(const Golden& golden, run::Engine& engine) {
  const graph::Array margins = golden.reference.matrix("greedy_margin");
  graph::Array logits = engine_logits(engine, golden.prompt, golden.prompt.size());
  int32_t id = likeliest(logits, logits.rows - 1);
  const int32_t row = 0;
  for (size_t i = 0; i < golden.greedy.size(); ++i) {
    if (margins.data[i] > 1e-3) CHECK_MESSAGE(id == golden.greedy[i], golden.name << ": greedy token " << i);
    const auto next = engine.forward(std::span(&golden.greedy[i], 1),
                                     static_cast<int64_t>(golden.prompt.size() + i), std::span(&row, 1));
    id = static_cast<int32_t>(std::max_element(next.begin(), next.end()) - next.begin());
  }
}

/// The interpreter's logits of the whole text.
graph::Array check_interpreter(const Golden& golden) {
  const int64_t context = golden.context_of_ten();
  Truth truth(*golden.checkpoint, false);
  double short_error = 0;
  if (context == 0) short_error = golden.short_error(truth.logits(golden.first_ten()));
  if (context > 0) {
    Truth ten(*golden.checkpoint, false, "keep", context);
    short_error = golden.short_error(ten.logits(golden.first_ten()));
  }
  CHECK_MESSAGE(short_error <= golden.limit, golden.name << ", ten tokens: " << short_error);
  graph::Array logits = truth.logits(golden.text);
  const double error = golden.error(logits);
  CHECK_MESSAGE(error <= golden.limit, golden.name << ": " << error);
  check_choices(golden, truth);
  std::printf("%-22s interpreter %.2e, ten tokens %.2e\n", golden.name.c_str(), error, short_error);
  return logits;
}

/// `truth`: the interpreter's logits, which know the rows that the golden leaves out.
void check_device(const Golden& golden, const graph::Array& truth, const graph::DeviceInfo& device) {
  const auto engine = make_engine(*golden.checkpoint, float_options({device}));
  std::printf("%-22s %-5s", golden.name.c_str(), device.id.c_str());
  for (const size_t chunk : {size_t{64}, size_t{20}, size_t{7}, size_t{1}}) {
    const graph::Array logits = engine_logits(*engine, golden.text, chunk);
    const double error = golden.error(logits);
    const double from_truth = max_difference(logits, truth);
    CHECK_MESSAGE(std::max(error, from_truth) <= golden.limit,
                  golden.name << " on " << device.id << ", " << chunk << " tokens a call: " << error
                              << ", from the interpreter " << from_truth);
    std::printf("  by %zu: %.2e", chunk, error);
  }
  std::printf("\n");
  check_greedy(golden, *engine);
  run::EngineOptions options = float_options({device});
  options.max_context = golden.context_of_ten();
  const auto other = options.max_context > 0 ? make_engine(*golden.checkpoint, options) : nullptr;
  CHECK(golden.short_error(engine_logits(other ? *other : *engine, golden.first_ten(), 10)) <= golden.limit);
}

struct CacheTruth {
  graph::Array logits;  ///< by the interpreter with the cache of that format
  double most;          ///< that anything else with such a cache may differ
};

CacheTruth cache_truth(const Golden& golden, const std::string& format) {
  Truth exact(*golden.checkpoint, false);
  Truth rounded(*golden.checkpoint, false, "keep", 0, format);
  CacheTruth truth{rounded.logits(golden.text), 0};
  const double moved = max_difference(truth.logits, exact.logits(golden.text));
  truth.most = std::max(golden.limit, moved / 4);
  const double stepwise = max_difference(rounded.logits(golden.text, 1), truth.logits);
  // Both are the same sums in double precision.
  CHECK_MESSAGE(stepwise <= 1e-9, golden.name << ", " << format << ": the interpreter's steps " << stepwise);
  std::printf("%-22s %-9s moves logits by %.2e; steps %.1e", golden.name.c_str(), format.c_str(), moved,
              stepwise);
  return truth;
}

}  // namespace

void check_golden(const std::string& folder, std::span<const graph::DeviceInfo> devices) {
  const Golden golden(folder);
  const graph::Array truth = check_interpreter(golden);
  for (const graph::DeviceInfo& device : devices) check_device(golden, truth, device);
}

void check_cache_format(const std::string& folder, const std::string& format,
                        std::span<const graph::DeviceInfo> devices) {
  const Golden golden(folder);
  const CacheTruth truth = cache_truth(golden, format);
  for (const graph::DeviceInfo& device : devices) {
    run::EngineOptions options = float_options({device});
    options.cache_format = format;
    const auto engine = make_engine(*golden.checkpoint, options);
    const graph::Array whole = engine_logits(*engine, golden.text, 64);
    const double from_truth = max_difference(whole, truth.logits);
    CHECK_MESSAGE(from_truth <= truth.most, golden.name << ", " << format << " on " << device.id << ": "
                                                        << from_truth << " from the interpreter");
    std::printf("  %s %.1e", device.id.c_str(), from_truth);
    for (const size_t chunk : {size_t{7}, size_t{1}}) {
      const double error = max_difference(engine_logits(*engine, golden.text, chunk), whole);
      CHECK_MESSAGE(error <= truth.most, golden.name << ", " << format << " on " << device.id << ", by "
                                                     << chunk << ": " << error);
      std::printf(", by %zu %.1e", chunk, error);
    }
  }
  std::printf("\n");
}

}  // namespace clinfer::tests
