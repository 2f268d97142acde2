#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "host/tune/shipped.h"
#include "host/tune/tuning.h"
#include "quant/error.h"
#include "tests/temporary_folder.h"

using namespace clinfer;

namespace {

/// The user's files lie in a folder of the test.
struct UserFolder {
  UserFolder() { setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1); }
  ~UserFolder() { unsetenv("XDG_CONFIG_HOME"); }
  test::TemporaryFolder folder;
};

graph::DeviceInfo some_device() {
  graph::DeviceInfo device;
  device.id = "cpu0";
  device.name = "A (B) processor";
  device.platform = "Platform OpenCL 3.0";
  device.driver_version = "1";
  device.is_cpu = true;
  return device;
}

std::string text_of(const std::string& device, const std::string& constants) {
  return "device: \"" + device + "\"\nplatform: Platform\ndriver: \"1\"\nconstants: " + constants + "\n";
}

void write_users(const graph::DeviceInfo& device, const std::string& text) {
  const std::filesystem::path path = tune::user_file(device);
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::map<std::string, int64_t> applied(const graph::DeviceInfo& device, const std::string& wanted) {
  std::vector<graph::DeviceInfo> devices = {device};
  tune::apply(devices, wanted);
  return devices.front().tuning;
}

}  // namespace

TEST_CASE("tuning: the user's file, by the device's names") {
  const UserFolder user;
  const graph::DeviceInfo device = some_device();
  CHECK(tune::user_file(device) == user.folder.file("clinfer/device/platform_a_b_processor.yaml"));
  CHECK(tune::tuning_of(device, "auto").source == "none");
  write_users(device, text_of("A (B) processor", "{workers_per_unit: 8}"));
  CHECK(tune::tuning_of(device, "auto").source == "user");
  CHECK(applied(device, "auto") == std::map<std::string, int64_t>{{"workers_per_unit", 8}});
  CHECK(applied(device, "none").empty());
  write_users(device, text_of("another", "{workers_per_unit: 8}"));
  CHECK(tune::tuning_of(device, "auto").source == "none");
  write_users(device, "nonsense");
  CHECK(applied(device, "auto").empty());
}

TEST_CASE("tuning: a file that is asked for must be good and of one of the devices") {
  const test::TemporaryFolder folder;
  const graph::DeviceInfo device = some_device();
  const std::string good = folder.write("good.yaml", text_of("A*", "{workers_per_unit: 2}"));
  CHECK(applied(device, good) == std::map<std::string, int64_t>{{"workers_per_unit", 2}});
  CHECK(tune::tuning_of(device, good).source == good);
  const std::string other = folder.write("other.yaml", text_of("B*", "{}"));
  CHECK_THROWS_WITH_AS(applied(device, other),
                       ("runtime.tuning: " + other + " speaks of B*, the run is on A (B) processor").c_str(),
                       Error);
  const std::string wrong = folder.write("wrong.yaml", text_of("A*", "{workers_per_unit: 64}"));
  CHECK_THROWS_WITH_AS(applied(device, wrong),
                       (wrong + ": constant workers_per_unit cannot be 64 on cpu0, A (B) processor").c_str(),
                       Error);
  CHECK_THROWS_AS(applied(device, folder.file("absent.yaml")), Error);
  graph::DeviceInfo second = device;
  second.name = "C";
  std::vector<graph::DeviceInfo> both = {second, device};
  tune::apply(both, good);
  CHECK(both[0].tuning.empty());
  CHECK(both[1].tuning.size() == 1);
}

TEST_CASE("tuning: constants that nothing on the device uses are passed over") {
  const test::TemporaryFolder folder;
  const std::string file = folder.write("x.yaml", text_of("A*", "{attention_mma_chunk: 128}"));
  CHECK(applied(some_device(), file).empty());
}
