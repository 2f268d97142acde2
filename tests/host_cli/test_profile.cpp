#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

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

TEST_CASE("sums of a plan: rows by op, variant and format, most time first; joined calls apart") {
  const Recorded& r = recorded();
  const auto plan = r.engine->plans().list.at(1);
  run::Profile made;
  // Step i of a call takes 10 + i us; the third call is one joined launch of 500 us.
  for (int call = 0; call < 3; ++call) {
    made.begin_call(plan, {1, 1, kPrompt});
    const bool joined = call == 2;
    for (size_t i = 0; i < (joined ? 1 : plan->steps.size()); ++i)
      made.add_step({0, i, joined ? plan->steps.size() : i + 1, 0, 1, 1, 0,
                     joined ? 500.0 : 10.0 + static_cast<double>(i)});
    made.end_call();
  }
  const cl::DeviceSpeed speed{2e9, 5e9, 0};
  const cli::ProfileFacts facts(made, {{cl::usable_devices().front(), speed}});
  const std::vector<cli::PlanSums> all = cli::sum_plans(made, facts);
  REQUIRE(all.size() == 1);
  CHECK(all[0].calls == 2);
  CHECK(all[0].joined_calls == 1);
  CHECK(all[0].joined_launch_us == 500);
  std::map<std::tuple<std::string, std::string, std::string>, std::pair<int64_t, double>> expected;
  std::map<std::tuple<std::string, std::string, std::string>, double> least_us;
  for (size_t i = 0; i < plan->steps.size(); ++i) {
    const graph::Node& node = plan->graph.nodes[static_cast<size_t>(plan->steps[i].node)];
    const plan::StepFacts step = plan::facts_of(*plan, plan->steps[i], {1, 1, kPrompt});
    const std::tuple key{std::string(graph::name_of(node.op)), step.variant, step.format};
    expected[key].first += 2;
    expected[key].second += 2 * (10.0 + static_cast<double>(i));
    least_us[key] += 2e6 * std::max(step.cost.bytes / speed.bytes_per_second, step.cost.flops / speed.flops);
  }
  CHECK(all[0].rows.size() == expected.size());
  for (size_t i = 0; i < all[0].rows.size(); ++i) {
    const cli::ProfileRow& row = all[0].rows[i];
    CAPTURE(row.variant);
    const std::tuple key{row.op, row.variant, row.format};
    CHECK(row.steps == expected[key].first);
    CHECK(row.microseconds == doctest::Approx(expected[key].second));
    CHECK(row.work.least_us == doctest::Approx(least_us[key]));
    CHECK((i == 0 || row.microseconds <= all[0].rows[i - 1].microseconds));
  }
}

TEST_CASE("the roofline of products of rounded activations is that of bytes") {
  graph::Builder b("rounded");
  const auto x = b.input("x", {graph::DType::f32, graph::kTokens, 64, "int8_g32"});
  const auto w = b.weight("w", 64, 64);
  b.output(b.add(graph::Linear{}, "y", {x, w}), "y");
  graph::Graph graph = b.finish(0);
  std::get<graph::Weight>(graph.value(w).source).format = "int8_g32";
  const graph::DeviceInfo device = cl::usable_devices().front();
  const auto plan =
      std::make_shared<plan::Plan>(plan::lower(std::move(graph), {device}, {"prefill", {64, 64, 64}, {}}));
  run::Profile made;
  made.begin_call(plan, {64, 64, 64});
  made.add_step({0, 0, 1, 0, 1, 1, 0, 1.0});
  made.end_call();
  const double flops = plan::facts_of(*plan, plan->steps[0], {64, 64, 64}).cost.flops;
  for (const double byte_ops : {0.0, 4e6}) {
    const cli::ProfileFacts facts(made, {{device, {1e15, 1e6, byte_ops}}});
    CHECK(facts.work(0).least_us == doctest::Approx(flops / std::max(1e6, byte_ops) * 1e6));
  }
}

TEST_CASE("a span of the host begins and ends when it did") {
  run::Profile profile;
  const auto start = run::Profile::Clock::now() + std::chrono::seconds(3);
  profile.add_host("wait", "", start, start + std::chrono::milliseconds(5));
  CHECK(profile.host()[0].start_us == doctest::Approx(3e6).epsilon(0.01));
  CHECK(profile.host()[0].duration_us == doctest::Approx(5e3));
}

TEST_CASE("the table counts every call") {
  const std::string& table = recorded().table;
  CAPTURE(table);
  CHECK(table.find("prefill of graph main: 1 calls step by step") != std::string::npos);
  CHECK(table.find("decode of graph main: 70 calls step by step") != std::string::npos);
  CHECK(table.find("launches, host") != std::string::npos);
}
