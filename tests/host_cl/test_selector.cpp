#include <doctest/doctest.h>

#include <vector>

#include "host/cl/selector.h"
#include "quant/error.h"
#include "tests/host_cl/contains.h"

namespace clinfer::cl {

namespace {

using graph::DeviceInfo;

DeviceInfo device(const std::string& id, int platform, int index, const std::string& name,
                  const std::string& vendor, int64_t gib) {
  DeviceInfo info;
  info.id = id;
  info.name = name;
  info.vendor = vendor;
  info.platform_index = platform;
  info.device_index = index;
  info.is_cpu = id.starts_with("cpu");
  info.is_gpu = id.starts_with("gpu");
  info.unified_memory = info.is_cpu;
  info.global_bytes = gib << 30;
  info.usable = true;
  return info;
}

/// Two CPU platforms, an integrated GPU listed before two discrete ones.
std::vector<DeviceInfo> workstation() {
  std::vector<DeviceInfo> devices = {device("cpu0", 0, 0, "pthread-EPYC", "AuthenticAMD", 32),
                                     device("gpu0", 1, 0, "UHD Graphics", "Intel(R) Corporation", 6),
                                     device("cpu1", 1, 1, "AMD EPYC", "Intel(R) Corporation", 32),
                                     device("gpu1", 2, 0, "NVIDIA H200", "NVIDIA Corporation", 139),
                                     device("gpu2", 2, 1, "NVIDIA L4", "NVIDIA Corporation", 24)};
  devices[1].unified_memory = true;
  return devices;
}

void disable(DeviceInfo& info, const std::string& reason) {
  info.usable = false;
  info.unusable_reason = reason;
}

std::string pick(std::string_view selector, const std::vector<DeviceInfo>& devices = workstation()) {
  return select_device(selector, devices).device.id;
}

/// The message of the Error, after checking its kind.
std::string complaint(std::string_view selector, Fault fault,
                      const std::vector<DeviceInfo>& devices = workstation(),
                      const std::string& advice = {}) {
  try {
    const Choice choice = select_device(selector, devices, advice);
    FAIL_CHECK("'" << std::string(selector) << "' chose " << choice.device.id);
  } catch (const Error& error) {
    CHECK(error.fault() == fault);
    return error.what();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("selector: the default is the first discrete GPU, then shared-memory GPUs, then CPUs") {
  auto devices = workstation();
  CHECK(pick("", devices) == "gpu1");
  CHECK(pick("auto", devices) == "gpu1");
  disable(devices[3], "broken");
  CHECK(pick("any", devices) == "gpu2");
  disable(devices[4], "broken");
  CHECK(pick("any", devices) == "gpu0");
  disable(devices[1], "broken");
  CHECK(pick("any", devices) == "cpu0");
}

TEST_CASE("selector: kinds, ids and indices") {
  CHECK(pick("cpu") == "cpu0");
  CHECK(pick("gpu") == "gpu1");
  CHECK(pick(" GPU ") == "gpu1");
  CHECK(pick("type=gpu") == "gpu1");
  CHECK(pick("type=cpu") == "cpu0");
  CHECK(pick("gpu0") == "gpu0");
  CHECK(pick("cpu1") == "cpu1");
  CHECK(pick("1:1") == "cpu1");
  CHECK(pick("2:1") == "gpu2");
  auto devices = workstation();
  disable(devices[0], "broken");
  CHECK(pick("cpu", devices) == "cpu1");
}

TEST_CASE("selector: names and vendors must match one device") {
  CHECK(pick("name~h200") == "gpu1");
  CHECK(pick("name~UHD") == "gpu0");
  CHECK(pick("vendor=AuthenticAMD") == "cpu0");
  const std::string text = complaint("vendor=NVIDIA", Fault::usage);
  CHECK(contains(text, "ambiguous"));
  CHECK(contains(text, "gpu1 (2:0, NVIDIA H200)"));
  CHECK(contains(text, "gpu2 (2:1, NVIDIA L4)"));
  CHECK(pick("vendor=NVIDIA&name~L4") == "gpu2");
  CHECK(pick("vendor=intel&gpu") == "gpu0");
  CHECK(pick("vendor=NVIDIA,!gpu2") == "gpu1");
  auto devices = workstation();
  disable(devices[4], "broken");
  CHECK(pick("vendor=NVIDIA", devices) == "gpu1");
}

TEST_CASE("selector: memory") {
  CHECK(pick("gpu&mem>=30GiB") == "gpu1");
  CHECK(pick("cpu & mem>=8GB") == "cpu0");
  CHECK(pick("mem>=140GiB,gpu2") == "gpu2");
  CHECK(pick("mem>= 1024 MiB & gpu2") == "gpu2");
}

TEST_CASE("selector: lists are preferences, exclusions hold everywhere") {
  CHECK(pick("gpu7,cpu1,gpu0") == "cpu1");
  CHECK(pick("!gpu1") == "gpu2");
  CHECK(pick("!gpu") == "cpu0");
  CHECK(pick("gpu,!2:0,!name~L4") == "gpu0");
  CHECK(pick("!vendor=NVIDIA,gpu,cpu") == "gpu0");
}

TEST_CASE("selector: a CPU that was not asked for comes with a warning") {
  auto devices = workstation();
  CHECK(select_device("cpu", devices).warning.empty());
  CHECK(select_device("", devices).warning.empty());
  CHECK(contains(select_device("!gpu", devices).warning, "running on the CPU, cpu0"));
  CHECK(contains(select_device("gpu9,cpu", devices).warning, "running on the CPU, cpu0"));
  for (const size_t gpu : {1u, 3u, 4u}) disable(devices[gpu], "no compiler");
  CHECK(contains(select_device("gpu,cpu", devices).warning,
                 "gpu1 (2:0, NVIDIA H200) is not usable: no compiler"));
}

TEST_CASE("selector: nothing usable is a device fault with every reason and the advice") {
  auto devices = workstation();
  CHECK(contains(complaint("gpu9", Fault::device, devices, "ADVICE"), "matches 'gpu9'"));
  CHECK_FALSE(contains(complaint("gpu9", Fault::device, devices, "ADVICE"), "ADVICE"));
  for (auto& info : devices) disable(info, "reason of " + info.id);
  const std::string text = complaint("", Fault::device, devices, "ADVICE");
  CHECK(contains(text, "reason of cpu1"));
  CHECK(contains(text, "reason of gpu2"));
  CHECK(contains(text, "ADVICE"));
  CHECK(contains(complaint("gpu", Fault::device, {}, "ADVICE"), "ADVICE"));
}

TEST_CASE("selector: what does not parse is a usage fault") {
  for (const char* bad : {"gpux",
                          "cpu,,gpu",
                          ",",
                          "!",
                          "name~",
                          "vendor=",
                          "1:",
                          ":1",
                          "1:2:3",
                          "a:b",
                          "-1:0",
                          "mem>=",
                          "mem>=8",
                          "mem>=xGiB",
                          "mem>=-1GiB",
                          "mem>=99999999999999999999GiB",
                          "mem>=9999999999TiB",
                          "type=fpga",
                          "gpu&",
                          "gpu0gpu1",
                          "name=H200"}) {
    CAPTURE(bad);
    CHECK(contains(complaint(bad, Fault::usage), "device selector"));
  }
}

}  // namespace clinfer::cl
