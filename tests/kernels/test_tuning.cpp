#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "host/kernels/row_groups.h"
#include "host/kernels/tuning.h"
#include "tests/kernels/attention_case.h"
#include "tests/kernels/check_tuned.h"
#include "tests/kernels/linear_case.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// Nodes whose variants take constants: sizes that no tile divides.
std::vector<Case> cases() {
  return {linear_case("f16", "", {70, 112, 96}, false, 1, kernels::kGroupRows),
          linear_case("f32", "", {67, 130, 130}, false, 2),
          linear_case("q8_0", "int8_g32", {131, 70, 96}, false, 3),
          linear_case("q8_0", "", {3, 70, 2048}, false, 4),
          attention_case({3, 1000, 9, 3, 64, 64}, AttentionMemory::caches, "f16", 5),
          attention_case({33, 150, 9, 3, 64, 64}, AttentionMemory::caches, "f16", 6),
          attention_case({2, 700, 32, 2, 80, 80}, AttentionMemory::caches, "int8", 7)};
}

/// Those of all devices that the test runs on.
std::set<int64_t> all_candidates(const kernels::TunedConstant& constant) {
  std::set<int64_t> all;
  for (const Target& target : targets()) {
    const auto candidates = constant.choices(target.info).candidates;
    all.insert(candidates.begin(), candidates.end());
  }
  return all;
}

/// Whether the constant is one of the case's op, or of all.
bool concerns(const kernels::TunedConstant& constant, const Case& c) {
  const std::string_view of = constant.name.substr(0, constant.name.find('_'));
  return of == graph::name_of(c.graph.nodes.front().op) || constant.name == kernels::kWorkersPerUnit.name;
}

void check_choices(const kernels::Choices& choices) {
  if (choices.candidates.empty()) return;
  CHECK(std::ranges::is_sorted(choices.candidates));
  CHECK(choices.candidates.size() > 1);
  CHECK(std::ranges::find(choices.candidates, choices.usual) != choices.candidates.end());
}

}  // namespace

TEST_CASE("constants: names are unique, usual values are candidates") {
  std::set<std::string_view> names;
  for (const kernels::TunedConstant* constant : kernels::tuned_constants()) {
    CAPTURE(constant->name);
    CHECK(names.insert(constant->name).second);
    CHECK(kernels::find_tuned_constant(constant->name) == constant);
    check_choices(constant->on_cpus);
    check_choices(constant->on_others);
  }
  CHECK(kernels::find_tuned_constant("workers") == nullptr);
}

TEST_CASE("constants: a device's own value comes before the usual one") {
  graph::DeviceInfo device;
  device.is_cpu = true;
  CHECK(tuned(device, kernels::kWorkersPerUnit) == kernels::kWorkersPerUnit.on_cpus.usual);
  CHECK(kernels::kAttentionMmaChunk.choices(device).candidates.empty());
  device.tuning["workers_per_unit"] = 8;
  CHECK(tuned(device, kernels::kWorkersPerUnit) == 8);
  device.is_cpu = false;
  device.probes.wgmma = true;
  CHECK(tuned(device, kernels::kAttentionMmaChunk) == kernels::kAttentionMmaChunk.on_others.usual);
  CHECK(!kernels::kAttentionMmaChunk.choices(device).candidates.empty());
}

TEST_CASE("constants: every candidate gives right answers") {
  const std::vector<Case> all = cases();
  for (const kernels::TunedConstant* constant : kernels::tuned_constants()) {
    for (const int64_t value : all_candidates(*constant)) {
      CAPTURE(constant->name);
      CAPTURE(value);
      for (const Case& c : all) {
        if (concerns(*constant, c)) check_tuned(c, {{std::string(constant->name), value}});
      }
    }
  }
}
