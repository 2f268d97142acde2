#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "graph/passes/expand_latent_attention.h"
#include "graph/passes/place_devices.h"
#include "host/kernels/weight_layout.h"
#include "host/plan/arena.h"
#include "host/plan/print.h"
#include "quant/error.h"

using namespace clinfer;
using graph::ValueId;

namespace {

/// CPUs that are not there: planning touches no device.
std::vector<graph::DeviceInfo> made_up_devices(size_t count) {
  std::vector<graph::DeviceInfo> devices(count);
  for (size_t i = 0; i < count; ++i) {
    devices[i].id = "cpu" + std::to_string(i);
    devices[i].name = "a processor";
    devices[i].is_cpu = devices[i].usable = true;
    devices[i].compute_units = 4;
    devices[i].global_bytes = devices[i].max_alloc_bytes = int64_t{1} << 30;
    devices[i].local_bytes = 1 << 20;
    devices[i].max_work_group = 4096;
    devices[i].base_align_bytes = i == 0 ? 128 : 16;
  }
  return devices;
}

/// `nodes` ops on values chosen at random, in as many stages; some values are outputs besides the last.
graph::Graph random_graph(int nodes, std::mt19937_64& random) {
  graph::Builder b("random");
  constexpr int64_t kWidth = 24;
  std::vector<ValueId> values = {b.input("a", {graph::DType::f32, graph::kTokens, kWidth}),
                                 b.input("b", {graph::DType::f32, graph::kTokens, kWidth})};
  const ValueId positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  const auto any = [&] { return values[random() % values.size()]; };
  for (int i = 0; i < nodes; ++i) {
    b.stage(i);
    const std::string name = "n" + std::to_string(i);
    const ValueId x = any();
    if (random() % 4 == 0) {
      const ValueId keys =
          b.add(graph::CacheAppend{}, name + ".append", {b.cache(name + ".k", kWidth), x, positions});
      graph::Attention op{
          .heads = 3, .kv_heads = 3, .key_dim = 8, .value_dim = 8, .keys = {0, 8}, .values = {0, 8}};
      values.push_back(b.add(op, name, {any(), keys, keys, positions}));
    } else {
      values.push_back(b.add(graph::Add{}, name, {x, any()}));
    }
  }
  for (size_t i = 3; i + 1 < values.size(); i += 7) b.output(values[i], "out" + std::to_string(i));
  b.output(values.back(), "last");
  return b.finish(nodes);
}

graph::Placement random_placement(const graph::Graph& graph, size_t devices, std::mt19937_64& random) {
  graph::Placement placement;
  for (int stage = graph::kEmbeddingStage; stage <= graph.stages; ++stage)
    placement.push_back(static_cast<int>(random() % devices));
  return placement;
}

/// Steps in which a value's bytes must not be touched by others: [first, last].
struct Span {
  int first;
  int last;
};

Span life_of(const graph::Graph& graph, ValueId id) {
  Span span{-1, -1};
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const auto& node = graph.nodes[n];
    if (std::count(node.outputs.begin(), node.outputs.end(), id) > 0)
      span = {static_cast<int>(n), static_cast<int>(n)};
    if (std::count(node.inputs.begin(), node.inputs.end(), id) > 0) span.last = static_cast<int>(n);
  }
  if (std::count(graph.outputs.begin(), graph.outputs.end(), id) > 0)
    span.last = static_cast<int>(graph.nodes.size());
  return span;
}

struct Piece {
  plan::Slot slot;
  Span span;
  int device;
};

/// Everything that lies in an arena.
std::vector<Piece> pieces_of(const plan::Plan& plan) {
  std::vector<Piece> pieces;
  for (size_t i = 0; i < plan.slots.size(); ++i) {
    const graph::Value& value = plan.graph.values[i];
    if (plan.slots[i].offset >= 0) CHECK(plan.slots[i].bytes >= kernels::device_bytes(value, plan.most));
    CHECK((plan.slots[i].offset >= 0) == (value.is_input() || value.is_result()));
    if (plan.slots[i].offset >= 0)
      pieces.push_back({plan.slots[i], life_of(plan.graph, static_cast<ValueId>(i)), value.device});
  }
  for (const plan::Step& step : plan.steps) {
    CHECK(step.scratch.bytes >= step.prepared.scratch_bytes);
    if (step.scratch.bytes > 0)
      pieces.push_back(
          {step.scratch, {step.node, step.node}, plan.graph.nodes[static_cast<size_t>(step.node)].device});
  }
  return pieces;
}

void check_arenas(const plan::Plan& plan, const std::vector<graph::DeviceInfo>& devices) {
  const std::vector<Piece> pieces = pieces_of(plan);
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Piece& a = pieces[i];
    const auto device = static_cast<size_t>(a.device);
    CHECK(a.slot.bytes > 0);
    CHECK(a.slot.offset % devices[device].base_align_bytes == 0);
    CHECK(a.slot.offset + a.slot.bytes <= plan.arena_bytes[device]);
    for (size_t j = 0; j < i; ++j) {
      const Piece& b = pieces[j];
      const bool together =
          a.device == b.device && a.span.first <= b.span.last && b.span.first <= a.span.last;
      const bool apart =
          a.slot.offset + a.slot.bytes <= b.slot.offset || b.slot.offset + b.slot.bytes <= a.slot.offset;
      const bool same = a.slot.offset == b.slot.offset && a.slot.bytes == b.slot.bytes;
      if (together && !apart) FAIL_CHECK("two live values share bytes");
      if (a.device == b.device && !apart && !same) FAIL_CHECK("two places overlap in part");
    }
  }
}

plan::LowerOptions decode_options() {
  return {"decode", {4, 4, 100}, {}};
}

}  // namespace

TEST_CASE("live values never share bytes of an arena") {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    graph::Graph graph = random_graph(5 + static_cast<int>(random() % 30), random);
    const std::vector<graph::DeviceInfo> devices = made_up_devices(1 + seed % 3);
    graph::place_devices(graph, random_placement(graph, devices.size(), random));
    const plan::Plan plan = plan::lower(std::move(graph), devices, decode_options());
    check_arenas(plan, devices);
  }
}

TEST_CASE("arenas are laid out again when a variant is replaced") {
  std::mt19937_64 random(7);
  const std::vector<graph::DeviceInfo> devices = made_up_devices(1);
  plan::Plan plan = plan::lower(random_graph(30, random), devices, decode_options());
  int replaced = 0;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    if (!std::holds_alternative<graph::Attention>(plan.graph.nodes[i].op)) continue;
    const std::string before(plan.steps[i].variant->name);
    while (plan::take_next_variant(plan, i, devices, "for the test")) {
      ++replaced;
      CHECK(plan.steps[i].variant->name != before);
      CHECK(std::ranges::any_of(plan.steps[i].refused, [&](const plan::Refusal& refusal) {
        return refusal.variant == before && refusal.reason.find("for the test") != std::string::npos;
      }));
      check_arenas(plan, devices);
    }
    CHECK(plan.steps[i].variant == nullptr);
    break;
  }
  CHECK(replaced > 0);
}

TEST_CASE("placement gives nodes their stage's device and copies what crosses") {
  std::mt19937_64 random(3);
  graph::Graph graph = random_graph(20, random);
  const size_t before = graph.nodes.size();
  const graph::Placement placement = random_placement(graph, 2, random);
  graph::place_devices(graph, placement);
  CHECK(graph.nodes.size() > before);
  for (const graph::Node& node : graph.nodes) {
    CHECK(node.device == placement[static_cast<size_t>(node.stage + 1)]);
    for (const ValueId id : node.inputs)
      CHECK((graph.value(id).device == node.device) != std::holds_alternative<graph::Copy>(node.op));
  }
}

TEST_CASE("a forced variant must be one of the op's") {
  std::mt19937_64 random(5);
  const graph::Graph graph = random_graph(12, random);
  plan::LowerOptions options = decode_options();
  options.force_variant["attention"] = "attention/simple";
  const plan::Plan plan = plan::lower(graph, made_up_devices(1), options);
  for (const plan::Step& step : plan.steps) {
    if (std::holds_alternative<graph::Attention>(plan.graph.nodes[static_cast<size_t>(step.node)].op))
      CHECK(step.variant->name == "attention/simple");
  }
  options.force_variant["attention"] = "attention/magic";
  try {
    plan::lower(graph, made_up_devices(1), options);
    FAIL_CHECK("no error");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    CHECK(std::string(error.what()).find("attention/simple") != std::string::npos);
  }
}

TEST_CASE("a node that no variant supports names the reasons and is a fault of the device") {
  std::mt19937_64 random(5);
  const graph::Graph graph = random_graph(12, random);
  plan::LowerOptions options{"prefill", {64, 64, 100}, {}};
  options.force_variant["attention"] = "attention/decode_split";  // only for few tokens
  try {
    plan::lower(graph, made_up_devices(1), options);
    FAIL_CHECK("no error");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::device);
    CHECK(std::string(error.what()).find("made for at most") != std::string::npos);
  }
}

TEST_CASE("a plan prints its kernels, reasons and bytes") {
  std::mt19937_64 random(9);
  graph::Graph graph = random_graph(12, random);
  const std::vector<graph::DeviceInfo> devices = made_up_devices(2);
  graph::place_devices(graph, random_placement(graph, 2, random));
  const plan::Plan plan = plan::lower(std::move(graph), devices, decode_options());
  const std::string text = plan::to_text(plan, devices, true);
  CHECK(text.find("attention/decode_split") != std::string::npos);
  CHECK(text.find("copy") != std::string::npos);
  CHECK(plan::to_json(plan, devices).find("\"variant\"") != std::string::npos);
  int64_t arenas = 0;
  for (const plan::DeviceBytes& bytes : plan::device_bytes(plan, 2)) arenas += bytes.arena;
  CHECK(arenas == plan.arena_bytes[0] + plan.arena_bytes[1]);
  CHECK(plan::readable_bytes(0) == "0 B");
  CHECK(plan::readable_bytes(1536) == "1.5 KiB");
}
