#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "host/cl/describe.h"
#include "host/cl/json_text.h"
#include "tests/host_cl/contains.h"
#include "tests/host_cl/scratch_folder.h"
#include "tests/host_cl/usable_devices.h"

namespace clinfer::cl {

TEST_CASE("listing: ids are unique, positions are true, a device is usable or has a reason") {
  const Inventory& inventory = test_inventory();
  CHECK(inventory.fault.empty());
  std::set<std::string> ids;
  for (const auto& info : inventory.devices) {
    CHECK(ids.insert(info.id).second);
    CHECK(info.usable == info.unusable_reason.empty());
    CHECK(info.max_alloc_bytes > 0);
    CHECK(info.base_align_bytes > 0);
    CHECK(static_cast<size_t>(info.platform_index) < inventory.platforms.size());
  }
}

TEST_CASE("listing: masking the base probe makes every device unusable, an unknown name is a warning") {
  setenv("CLINFER_DISABLE", "base,warp_drive", 1);
  const Inventory inventory = list_devices({.probe = true, .cache_folder = {}});
  unsetenv("CLINFER_DISABLE");
  REQUIRE_FALSE(inventory.devices.empty());
  for (const auto& info : inventory.devices) CHECK_FALSE(info.usable);
  REQUIRE(inventory.warnings.size() == 1);
  CHECK(contains(inventory.warnings[0], "warp_drive"));
}

TEST_CASE("listing: without probes nothing is usable, but everything is listed") {
  const Inventory inventory = list_devices({.probe = false, .cache_folder = {}});
  CHECK(inventory.devices.size() == test_inventory().devices.size());
  for (const auto& info : inventory.devices) CHECK(info.unusable_reason == "not probed");
}

TEST_CASE("listing: vendor files are those the loader reads") {
  const char* before = getenv("OCL_ICD_VENDORS");
  const std::string kept = before != nullptr ? before : "";
  const ScratchFolder scratch;
  std::ofstream(scratch.path() / "b.icd") << "libb.so";
  std::ofstream(scratch.path() / "a.icd") << "liba.so";
  std::ofstream(scratch.path() / "readme") << "";
  setenv("OCL_ICD_VENDORS", scratch.path().c_str(), 1);
  CHECK(icd_files() == std::vector<std::string>{scratch.path() / "a.icd", scratch.path() / "b.icd"});
  setenv("OCL_ICD_VENDORS", (scratch.path() / "a.icd").c_str(), 1);
  CHECK(icd_files().size() == 1);
  if (before != nullptr)
    setenv("OCL_ICD_VENDORS", kept.c_str(), 1);
  else
    unsetenv("OCL_ICD_VENDORS");
}

TEST_CASE("listing: a broken platform is shown beside a good one") {
  Inventory inventory;
  inventory.platforms = {
      {.index = 0, .name = "Broken", .vendor = "V", .version = "OpenCL 1.2", .fault = "CL_X (-9)"},
      {.index = 1, .name = "Good", .vendor = "V", .version = "OpenCL 3.0", .fault = {}}};
  graph::DeviceInfo info;
  info.id = "gpu0";
  info.platform_index = 1;
  info.global_bytes = int64_t{3} << 29;
  info.unusable_reason = "its driver has no compiler";
  inventory.devices = {info};
  const std::string text = describe_text(inventory);
  CHECK(contains(text, "Platform #0: Broken (OpenCL 1.2)\n `-- no devices: CL_X (-9)\nPlatform #1"));
  CHECK(contains(text, " `-- gpu0 (1:0): "));
  CHECK(contains(text, "memory   1.5 GiB"));
  CHECK(contains(text, "usable   no: its driver has no compiler"));
}

TEST_CASE("listing: no platform gives advice") {
  Inventory inventory;
  inventory.fault = "CL_PLATFORM_NOT_FOUND_KHR (-1001)";
  CHECK(contains(describe_text(inventory), "pocl-opencl-icd"));
  CHECK(contains(install_advice(inventory), "seen: none (CL_PLATFORM_NOT_FOUND_KHR (-1001))"));
  inventory.icd_files = {"x.icd"};
  CHECK(contains(install_advice(inventory), "seen: x.icd"));
}

TEST_CASE("listing: the JSON can be read back") {
  const Inventory& inventory = test_inventory();
  const auto json = nlohmann::json::parse(describe_json(inventory));
  REQUIRE(json["devices"].size() == inventory.devices.size());
  REQUIRE(json["platforms"].size() == inventory.platforms.size());
  for (size_t i = 0; i < inventory.devices.size(); ++i) {
    CHECK(json["devices"][i]["id"] == inventory.devices[i].id);
    CHECK(json["devices"][i]["global_bytes"] == inventory.devices[i].global_bytes);
    CHECK(json["devices"][i]["probes"]["base"] == inventory.devices[i].probes.base);
    CHECK(json["devices"][i]["usable"] == inventory.devices[i].usable);
  }
}

TEST_CASE("json text: escapes, and replaces what is not UTF-8") {
  CHECK(json_text("a\"b\\c\n\x01") == "\"a\\\"b\\\\c\\u000a\\u0001\"");
  CHECK(json_text("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  for (const char* bad : {"\x80", "\xC0", "\xFF", "\xC3"}) CHECK(json_text(bad) == "\"\\ufffd\"");
  CHECK(json_text("\xE0\x80\x80") == "\"\\ufffd\\ufffd\\ufffd\"");    // overlong
  CHECK(json_text("\xED\xA0\x80x") == "\"\\ufffd\\ufffd\\ufffdx\"");  // a surrogate
}

}  // namespace clinfer::cl
