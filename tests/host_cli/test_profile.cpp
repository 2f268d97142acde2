#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "host/cli/profile_table.h"
#include "host/cli/profile_trace.h"
#include "host/cli/setup.h"
#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"

using namespace clinfer;

namespace {

constexpr int64_t kPrompt = 12;
constexpr int64_t kDecoded = 70;  ///< more than a trace shows

/// A prompt and some tokens after it, recorded.
struct Recorded {
  std::shared_ptr<run::Profile> profile = std::make_shared<run::Profile>();
  std::unique_ptr<run::Engine> engine;
  nlohmann::json trace;
  std::string table;

  Recorded() {
    REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
    const auto checkpoint = io::open(tests::generated_model("qwen3"));
    const config::RunConfig config;
    const auto programs = cli::open_program_cache(config, profile);
    run::EngineOptions options;
    options.devices = {cl::usable_devices().front()};
    options.batch_tokens = 32;
    options.max_context = kPrompt + kDecoded;
    options.profile = profile;
    engine = std::make_unique<run::Engine>(*checkpoint, options, *programs, run::Progress{});
    call(std::vector<int32_t>(kPrompt, 7), 0);
    for (int64_t i = 0; i < kDecoded; ++i) call({11}, kPrompt + i);
    const cli::ProfileFacts facts(*profile, {{options.devices.front(), {2e9, 5e9, 0}}});
    trace = nlohmann::json::parse(cli::profile_trace(*profile, facts));
    table = cli::profile_table(*profile, facts);
  }

  void call(const std::vector<int32_t>& ids, int64_t position) {
    const auto last = static_cast<int32_t>(ids.size()) - 1;
    engine->forward(ids, position, std::span(&last, 1));
  }

  /// Events of a call whose args have `key`, in the trace's order.
  std::vector<nlohmann::json> events(size_t call, const char* key) const {
    std::vector<nlohmann::json> found;
    for (const nlohmann::json& event : trace["traceEvents"]) {
      if (event["ph"] == "X" && event["args"].value("call", size_t{1000}) == call &&
          event["args"].contains(key))
        found.push_back(event);
    }
    return found;
  }
};

const Recorded& recorded() {
  static const Recorded instance;
  return instance;
}

}  // namespace

TEST_CASE("a trace has the steps of each call in order and within its time") {
  const Recorded& r = recorded();
  for (const size_t call : {size_t{0}, size_t{1}, size_t{63}}) {
    CAPTURE(call);
    const auto whole = r.events(call, "tokens");
    REQUIRE(whole.size() == 1);
    CHECK(whole[0]["args"]["tokens"] == (call == 0 ? kPrompt : 1));
    const plan::Plan& plan = *r.engine->plans().list.at(call == 0 ? 0 : 1);
    const auto steps = r.events(call, "step");
    REQUIRE(steps.size() == plan.steps.size());
    double sum = 0;
    double end = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      const nlohmann::json& step = steps[i];
      CHECK(step["args"]["step"] == i);
      CHECK(step["args"]["variant"] == plan.steps[i].variant->name);
      CHECK(step["args"]["node"] == plan.graph.nodes[static_cast<size_t>(plan.steps[i].node)].name);
      CHECK(step["dur"].get<double>() > 0);
      CHECK(step["ts"].get<double>() + 0.01 >= end);  // clocks are read in nanoseconds
      end = step["ts"].get<double>() + step["dur"].get<double>();
      sum += step["dur"].get<double>();
    }
    CHECK(sum < whole[0]["dur"].get<double>());
  }
}

TEST_CASE("a trace has the plan's bytes and FLOP, and the roofline of the device's speeds") {
  const Recorded& r = recorded();
  const plan::Plan& plan = *r.engine->plans().list.at(1);
  const graph::Sizes sizes{1, 1, kPrompt + 5};
  const auto steps = r.events(5, "step");
  REQUIRE(steps.size() == plan.steps.size());
  double appended = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    const nlohmann::json& args = steps[i]["args"];
    const graph::Node& node = plan.graph.nodes[static_cast<size_t>(plan.steps[i].node)];
    CAPTURE(node.name);
    const graph::Cost cost =
        std::visit([&](const auto& op) { return op.cost(plan.graph.operands(node), sizes); }, node.op);
    const auto read = args["bytes_read"].get<double>();
    const auto written = args["bytes_written"].get<double>();
    CHECK(read + written == doctest::Approx(cost.bytes));
    CHECK(read >= 0);
    CHECK(written > 0);
    CHECK(args["flop"].get<double>() == doctest::Approx(cost.flops));
    const double least_us = std::max(cost.bytes / 2e9, cost.flops / 5e9) * 1e6;
    CHECK(args["roofline"].get<double>() == doctest::Approx(least_us / steps[i]["dur"].get<double>()));
    if (std::holds_alternative<graph::CacheAppend>(node.op)) appended += written;
  }
  // Keys and values of one token in every layer's f16 cache.
  double row = 0;
  for (const graph::Value& value : plan.graph.values) {
    if (value.cache() != nullptr && value.alias_of < 0) row += static_cast<double>(value.type.cols) * 2;
  }
  CHECK(appended == doctest::Approx(row));
}

TEST_CASE("a trace shows what the host did and how many calls it leaves out") {
  const Recorded& r = recorded();
  CHECK(r.trace["otherData"]["calls_left_out"] == kDecoded - 64);
  CHECK(r.events(65, "step").empty());  // the prompt is call 0, so the 65th token is
  std::set<std::string> host;
  for (const nlohmann::json& event : r.trace["traceEvents"]) {
    if (event["ph"] == "X" && event["cat"] == "host") host.insert(event["name"]);
  }
  for (const char* what : {"make plans", "load weights", "bind kernels"}) {
    CAPTURE(what);
    CHECK(host.contains(what));
  }
  CHECK((host.contains("load program") || host.contains("compile program")));
}

TEST_CASE("the table counts every call") {
  const std::string& table = recorded().table;
  CAPTURE(table);
  CHECK(table.find("prefill of graph main: 1 calls step by step") != std::string::npos);
  CHECK(table.find("decode of graph main: 70 calls step by step") != std::string::npos);
  CHECK(table.find("launches, host") != std::string::npos);
}
