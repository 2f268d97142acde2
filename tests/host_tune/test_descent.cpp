#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "host/kernels/tuning.h"
#include "host/tune/descent.h"
#include "tests/host_cl/usable_devices.h"

using namespace clinfer;

namespace {

/// A prompt of few tokens.
std::vector<tune::WorkloadKind> small_kinds(const graph::DeviceInfo& info) {
  tune::WorkloadKind kind = tune::workload_kinds(info).front();
  kind.sizes = {12, 1, 12};
  return {kind};
}

}  // namespace

TEST_CASE("descent: constants change what is launched, and every set runs") {
  const graph::DeviceInfo info = cl::usable_devices().front();
  const cl::Device device(info);
  cl::ProgramCache programs({.folder = ""});
  tune::Workload workload(small_kinds(info).front(), device, programs);
  const tune::Constants usual;
  const tune::Constants other = {{"workers_per_unit", 8}};
  CHECK(workload.launches(usual) == workload.launches({}));
  CHECK(workload.launches(usual) != workload.launches(other));
  workload.prepare({usual, other});
  for (const size_t i : {0, 1}) {
    CHECK(std::isfinite(workload.seconds(i)));
    CHECK(workload.seconds(i) > 0);
  }
}

TEST_CASE("descent: what changes nothing is not measured, what is begun is finished") {
  const graph::DeviceInfo info = cl::usable_devices().front();
  const cl::Device device(info);
  cl::ProgramCache programs({.folder = ""});
  int64_t begun = 0;
  const auto findings = tune::descend(device, programs, small_kinds(info), 1.0, [&](int64_t done, int64_t) {
    CHECK(done == begun);
    ++begun;
  });
  for (const tune::Finding& finding : findings) {
    CAPTURE(finding.constant->name);
    const bool reached = finding.outcome != tune::Outcome::not_reached;
    CHECK(reached == (&finding - findings.data() < begun));
    CHECK((finding.outcome == tune::Outcome::measured) == !finding.workloads.empty());
    CHECK((finding.chosen == finding.usual) == (finding.gain == 1));
    const auto candidates = finding.constant->choices(info).candidates;
    CHECK(std::ranges::find(candidates, finding.chosen) != candidates.end());
  }
  CHECK(findings.front().outcome != tune::Outcome::not_reached);
}

TEST_CASE("descent: without time nothing is measured") {
  const graph::DeviceInfo info = cl::usable_devices().front();
  const cl::Device device(info);
  cl::ProgramCache programs({.folder = ""});
  const auto none = [](int64_t, int64_t) { FAIL_CHECK("a constant was begun"); };
  const std::vector<tune::Finding> findings =
      tune::descend(device, programs, tune::workload_kinds(info), 0, none);
  CHECK(!findings.empty());
  for (const tune::Finding& finding : findings) {
    CHECK(finding.outcome == tune::Outcome::not_reached);
    CHECK(finding.chosen == finding.usual);
    CHECK(!finding.constant->choices(info).candidates.empty());
  }
  CHECK(tune::chosen_constants(findings).empty());
}
