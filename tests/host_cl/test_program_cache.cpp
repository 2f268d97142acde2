#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "host/cl/error.h"
#include "host/cl/kernel.h"
#include "host/cl/program_cache.h"
#include "tests/host_cl/contains.h"
#include "tests/host_cl/scratch_folder.h"
#include "tests/host_cl/usable_devices.h"

namespace fs = std::filesystem;

namespace clinfer::cl {

namespace {

constexpr std::array kFiles = {
    cl_kernels::EmbeddedFile{
        "add.cl",
        "#include \"add.clh\"\nkernel __attribute__((reqd_work_group_size(4, 1, 1))) void add("
        "global int* y) { y[get_global_id(0)] = ADDED((int)get_global_id(0)); }\n"},
    cl_kernels::EmbeddedFile{"include/add.clh", "#define ADDED(i) ((i) + AMOUNT)\n"},
    cl_kernels::EmbeddedFile{"broken.cl", "kernel void broken( {\n"},
};

ProgramSource add_source(int amount) {
  return {.stem = "add", .entry = "add.cl", .defines = {"AMOUNT=" + std::to_string(amount)}};
}

CacheOptions options_for(const fs::path& folder) {
  return {.folder = folder, .loader = SourceLoader(kFiles)};
}

/// y[3] of the kernel: 3 + amount.
int run_add(const Device& device, const Program& program) {
  Kernel kernel(program, "add");
  const Buffer out = device.allocate(16);
  kernel.set(0, out);
  kernel.enqueue(device, NdRange({4}, {4}));
  std::array<int32_t, 4> y{};
  device.read(out, std::as_writable_bytes(std::span(y)));
  return y[3];
}

void fill_cache(const Device& device, const fs::path& folder, int amount) {
  ProgramCache cache(options_for(folder));
  REQUIRE(run_add(device, cache.build(device, add_source(amount))) == 3 + amount);
  cache.flush();
  REQUIRE(cache.statistics().saved == 1);
}

fs::path only_entry(const fs::path& folder) {
  REQUIRE(std::distance(fs::directory_iterator(folder), {}) == 1);
  return fs::directory_iterator(folder)->path();
}

}  // namespace

TEST_CASE("program cache: a second cache takes the binary, the same request is built once") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const ScratchFolder scratch;
    const fs::path folder = scratch.path() / "cache";
    {
      const Device device(info);
      ProgramCache cache(options_for(folder));
      const auto first = cache.build_async(device, add_source(10));
      const auto again = cache.build_async(device, add_source(10));
      const auto other = cache.build_async(device, add_source(20));
      CHECK(first.get().raw() == again.get().raw());
      CHECK_FALSE(first.get().from_cache());
      CHECK(run_add(device, first.get()) == 13);
      CHECK(run_add(device, other.get()) == 23);
      CHECK(cache.statistics().memory_hits == 1);
      CHECK(cache.statistics().misses == 2);
      CHECK(cache.statistics().build_seconds > 0);
      CHECK(cache.warning().empty());
    }  // the destructor saves
    const Device device(info);
    ProgramCache cache(options_for(folder));
    const Program program = cache.build(device, add_source(20));
    CHECK(program.from_cache());
    CHECK(run_add(device, program) == 23);
    CHECK(cache.statistics().disk_hits == 1);
    CHECK(cache.statistics().misses == 0);
    CHECK_FALSE(cache.build(device, add_source(30)).from_cache());
  }
}

TEST_CASE("program cache: the end saves the programs that were launched") {
  const auto devices = usable_devices();
  REQUIRE_FALSE(devices.empty());
  const ScratchFolder scratch;
  const auto folder = scratch.path() / "cache";
  const Device device(devices.front());
  {
    ProgramCache cache(options_for(folder));
    CHECK(run_add(device, cache.build(device, add_source(1))) == 4);
    CHECK_FALSE(cache.build(device, add_source(2)).launched());
  }
  ProgramCache cache(options_for(folder));
  CHECK(cache.stored_async(device, add_source(1)).get());
  CHECK_FALSE(cache.stored_async(device, add_source(2)).get());
  CHECK(cache.statistics().disk_hits + cache.statistics().misses == 0);
  CHECK(cache.build(device, add_source(1)).from_cache());
  CHECK_FALSE(cache.build(device, add_source(2)).from_cache());
  CHECK_FALSE(cache.build(device, add_source(3)).from_cache());
  CHECK(cache.stored_async(device, add_source(3)).get());  // was asked for
}

TEST_CASE("program cache: every part of the key makes another entry") {
  graph::DeviceInfo info;
  const Digest base = program_key(info, "source", "options");
  CHECK(program_key(info, "source", "options") == base);
  CHECK(program_key(info, "sourc", "eoptions") != base);
  CHECK(program_key(info, "source", "other") != base);
  for (std::string graph::DeviceInfo::*field :
       {&graph::DeviceInfo::platform, &graph::DeviceInfo::vendor, &graph::DeviceInfo::name,
        &graph::DeviceInfo::driver_version}) {
    graph::DeviceInfo changed = info;
    changed.*field = "x";
    CHECK(program_key(changed, "source", "options") != base);
  }
  info.is_cpu = true;
  CHECK(program_key(info, "source", "options") != base);
}

TEST_CASE("program cache: a damaged or foreign entry is a miss and is replaced") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const Device device(info);
    const ScratchFolder scratch;
    const fs::path folder = scratch.path() / "cache";
    fill_cache(device, folder, 5);
    const fs::path entry = only_entry(folder);

    SUBCASE("cut") {
      fs::resize_file(entry, fs::file_size(entry) / 2);
    }
    SUBCASE("one byte changed") {
      std::fstream file(entry, std::ios::binary | std::ios::in | std::ios::out);
      file.seekg(static_cast<std::streamoff>(fs::file_size(entry) / 2));
      const char byte = static_cast<char>(file.peek() ^ 1);
      file.seekp(static_cast<std::streamoff>(fs::file_size(entry) / 2));
      file.put(byte);
    }
    SUBCASE("well formed, but no binary of this driver") {
      const Digest key = ProgramCache(options_for(folder)).key(device, add_source(5));
      const std::string junk = "not a binary";
      REQUIRE(DiskCache(folder).store(key, std::as_bytes(std::span(junk))));
    }
    {
      ProgramCache cache(options_for(folder));
      const Program program = cache.build(device, add_source(5));
      CHECK_FALSE(program.from_cache());
      CHECK(run_add(device, program) == 8);
    }
    ProgramCache cache(options_for(folder));
    CHECK(cache.build(device, add_source(5)).from_cache());
  }
}

TEST_CASE("program cache: works without a folder, tells why one is not used") {
  const auto devices = usable_devices();
  REQUIRE_FALSE(devices.empty());
  const Device device(devices.front());
  ProgramCache off(options_for({}));
  CHECK(run_add(device, off.build(device, add_source(6))) == 9);
  off.flush();
  CHECK(off.statistics().saved == 0);
  CHECK(off.warning().empty());
  ProgramCache nowhere(options_for("/proc/clinfer"));
  CHECK(run_add(device, nowhere.build(device, add_source(7))) == 10);
  CHECK(contains(nowhere.warning(), "is not used"));
}

TEST_CASE("program cache: faults come out of the future, with our file names") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const Device device(info);
    ProgramCache cache(options_for({}));
    const auto broken = cache.build_async(device, {.stem = "broken", .entry = "broken.cl", .defines = {}});
    const auto absent = cache.build_async(device, {.stem = "absent", .entry = "absent.cl", .defines = {}});
    try {
      broken.get();
      FAIL_CHECK("it was built");
    } catch (const BuildError& error) {
      CHECK(contains(error.log(), "broken.cl:1"));
    }
    CHECK_THROWS_WITH_AS(absent.get(), doctest::Contains("'absent.cl' is not in the embedded files"), Error);
    CHECK(run_add(device, cache.build(device, add_source(8))) == 11);
  }
}

TEST_CASE("program cache: many requests at once") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const Device device(info);
    ProgramCache cache(options_for({}));
    std::vector<std::shared_future<Program>> futures;
    for (int i = 0; i < 8; ++i) futures.push_back(cache.build_async(device, add_source(i)));
    for (int i = 0; i < 8; ++i) CHECK(run_add(device, futures[static_cast<size_t>(i)].get()) == 3 + i);
  }
}

// Run by the next test in processes of their own: builds and saves five programs in the folder that the
// caller names.
TEST_CASE("program cache: worker process" * doctest::skip()) {
  const char* folder = std::getenv("CLINFER_CACHE_DIR");
  REQUIRE(folder != nullptr);
  const auto devices = usable_devices();
  REQUIRE_FALSE(devices.empty());
  const Device device(devices.front());
  ProgramCache cache(options_for(folder));
  for (int i = 0; i < 5; ++i) CHECK(run_add(device, cache.build(device, add_source(i))) == 3 + i);
}

TEST_CASE("program cache: processes share a folder") {
  const ScratchFolder scratch;
  const fs::path folder = scratch.path() / "cache";
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  const std::string command = "CLINFER_CACHE_DIR='" + folder.string() + "' '" + self +
                              "' --no-skip --test-case='program cache: worker process' > /dev/null";
  CHECK(std::system(("(" + command + ") & a=$!; (" + command + ") & b=$!; wait $a && wait $b").c_str()) == 0);
  CHECK(std::distance(fs::directory_iterator(folder), {}) == 5);
  const Device device(usable_devices().front());
  ProgramCache cache(options_for(folder));
  for (int i = 0; i < 5; ++i) CHECK(cache.build(device, add_source(i)).from_cache());
}

}  // namespace clinfer::cl
