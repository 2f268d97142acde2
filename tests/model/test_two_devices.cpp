#include <doctest/doctest.h>

#include <algorithm>

#include "tests/host_cl/usable_devices.h"
#include "tests/model/generated_model.h"
#include "tests/model/golden_check.h"
#include "tests/model/reference.h"
#include "tests/model/runs.h"

using namespace clinfer;
using namespace clinfer::tests;

namespace {

/// Two different devices where there are two, else one opened twice: two contexts, so values really move.
std::vector<graph::DeviceInfo> two_devices() {
  std::vector<graph::DeviceInfo> devices = cl::usable_devices();
  if (devices.size() == 1) devices.push_back(devices.front());
  devices.resize(2);
  return devices;
}

bool is_copy(const graph::Node& node) {
  return std::holds_alternative<graph::Copy>(node.op);
}

/// Every stage on the other device than the one before it.
graph::Placement alternating(int64_t layers) {
  graph::Placement placement;
  for (int64_t stage = 0; stage < layers + 2; ++stage) placement.push_back(static_cast<int>(stage % 2));
  return placement;
}

void check_split(const std::string& folder, int64_t layers, bool draft, const std::string& ids_name) {
  const auto checkpoint = io::open(folder);
  const Reference reference(folder + (ids_name == "input_ids" ? "/goldens" : "/reference") + ".safetensors");
  const std::vector<int32_t> ids = reference.integers(ids_name);
  const auto whole = make_engine(*checkpoint, float_options({two_devices()[0]}, draft));
  run::EngineOptions options = float_options(two_devices(), draft);
  options.placement = alternating(layers);
  const auto split = make_engine(*checkpoint, options);
  for (const auto& plan : split->plans().list) {
    // The draft module is one stage: only its table is elsewhere, and held twice.
    const bool copies = std::any_of(plan->graph.nodes.begin(), plan->graph.nodes.end(), is_copy);
    CHECK(copies == (plan->graph.name == "main"));
  }
  CHECK(split->bytes_on(0) > 0);
  CHECK(split->bytes_on(1) > 0);
  // Copies change no bit, but two drivers may round differently: each may be as far from the truth as
  // allowed.
  const bool same_driver = two_devices()[0].platform == two_devices()[1].platform;
  const double limit = same_driver ? 0 : 2 * kLogitLimit;
  for (const size_t chunk : {size_t{64}, size_t{1}})
    CHECK(max_difference(engine_logits(*split, ids, chunk), engine_logits(*whole, ids, chunk)) <= limit);
  if (draft)
    CHECK(max_difference(engine_draft_logits(*split, ids), engine_draft_logits(*whole, ids)) <= limit);
}

}  // namespace

TEST_CASE("layers on two devices give the logits of one") {
  REQUIRE_MESSAGE(!cl::usable_devices().empty(), "no usable OpenCL device");
  check_split(generated_model("llama3_scaled"), 3, false, "input_ids");  // tied: the table is on both
  check_split(generated_model("deepseek_v3"), 3, false, "input_ids");
  check_split("tests/models/tiny-deepseek-v3-fp8", 6, true, "input_ids.0");
}
