#include <doctest/doctest.h>

#include <set>

#include "host/run/engine.h"
#include "host/run/joined_check.h"
#include "tests/model/generated_model.h"

using namespace clinfer;

TEST_CASE("the answer of joined launches is remembered by all that it depends on") {
  const auto checkpoint = io::open(tests::generated_model("qwen3"));
  run::EngineOptions options;
  graph::DeviceInfo& device = options.devices.emplace_back();
  device.id = "cpu0";
  device.is_cpu = true;
  device.compute_units = 2;
  device.max_work_group = 1024;
  device.global_bytes = device.max_alloc_bytes = int64_t{1} << 32;
  device.local_bytes = 32768;
  options.batch_tokens = 16;
  const run::Plans plans = run::make_plans(*checkpoint, options);
  plan::Plan plan = *plans.list[1];
  const std::vector<cl::Digest> programs = {cl::Sha256().field("a program").digest()};
  std::set<cl::Digest> keys = {run::joined_key(plan, options.devices, programs)};
  CHECK(keys.contains(run::joined_key(*plans.list[1], options.devices, programs)));
  const auto fresh = [&] { return keys.insert(run::joined_key(plan, options.devices, programs)).second; };
  for (plan::Slot& slot : plan.slots) {
    if (slot.offset >= 0) slot.offset += 64;
  }
  CHECK(fresh());
  plan.steps.back().prepared.launches.back().kernel += "_other";
  CHECK(fresh());
  plan.steps.front().prepared.launches.front().work = [](const graph::Sizes&) {
    return kernels::Work{77, {}};
  };
  CHECK(fresh());
  plan.steps.pop_back();
  CHECK(fresh());
  device.compute_units = 3;
  CHECK(fresh());
  const std::vector<cl::Digest> other = {cl::Sha256().field("another").digest()};
  CHECK_FALSE(keys.contains(run::joined_key(plan, options.devices, other)));
}
