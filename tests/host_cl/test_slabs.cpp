#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "host/cl/error.h"
#include "host/cl/huge_pages.h"
#include "host/cl/slabs.h"
#include "tests/host_cl/usable_devices.h"

namespace clinfer::cl {

namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

std::vector<Device> cpus() {
  std::vector<Device> found;
  for (const graph::DeviceInfo& info : usable_devices()) {
    if (info.is_cpu) found.emplace_back(info);
  }
  return found;
}

std::vector<std::byte> read_all(const Device& device, const Buffer& buffer) {
  std::vector<std::byte> bytes(static_cast<size_t>(buffer.bytes()));
  device.read(buffer, bytes);
  return bytes;
}

/// Writes its number over each piece in the slabs' host memory.
void number(const Slabs& slabs, const std::vector<Slabs::Piece>& pieces) {
  const std::vector<Mapping> maps = slabs.map();
  for (size_t i = 0; i < pieces.size(); ++i) {
    const auto memory =
        maps.at(pieces[i].slab)
            .bytes()
            .subspan(static_cast<size_t>(pieces[i].offset), static_cast<size_t>(pieces[i].buffer.bytes()));
    std::ranges::fill(memory, static_cast<std::byte>(i));
  }
}

size_t wrong_bytes(const Device& device, const Buffer& buffer, size_t number) {
  const std::vector<std::byte> bytes = read_all(device, buffer);
  return bytes.size() - static_cast<size_t>(std::ranges::count(bytes, static_cast<std::byte>(number)));
}

Fault fault_of(Slabs& slabs, int64_t bytes) {
  try {
    slabs.allocate(bytes);
  } catch (const Error& error) {
    return error.fault();
  }
  return Fault::usage;
}

#if defined(__linux__)
/// The kernel's flags of the memory that an address lies in ("VmFlags" of smaps); nothing where it has none.
std::optional<std::string> memory_flags(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    char dash = 0;
    std::istringstream range(line);
    if (range >> std::hex >> begin >> dash >> end && dash == '-') {
      const auto at = reinterpret_cast<uintptr_t>(address);
      inside = begin <= at && at < end;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line + " ";
    }
  }
  return std::nullopt;
}
#endif

}  // namespace

TEST_CASE("slabs: many small buffers of a CPU lie apart, aligned, in one allocation") {
  for (const Device& device : cpus()) {
    CAPTURE(device.info().id);
    std::vector<int64_t> sizes;
    int64_t total = 0;
    for (int64_t i = 0; i < 200; ++i) total += sizes.emplace_back(1 + i * 7919 % 70'001);
    Slabs slabs(device, total);
    std::vector<Slabs::Piece> pieces;
    for (const int64_t bytes : sizes) pieces.push_back(slabs.allocate(bytes));
    const int64_t align = std::max<int64_t>(4096, device.info().base_align_bytes);
    for (size_t i = 0; i < pieces.size(); ++i) {
      CHECK(pieces[i].buffer.bytes() == sizes[i]);
      CHECK(pieces[i].offset % align == 0);
      CHECK(pieces[i].slab == 0);
      if (i > 0) CHECK(pieces[i].offset >= pieces[i - 1].offset + sizes[i - 1]);
    }
    number(slabs, pieces);
    size_t wrong = 0;
    for (size_t i = 0; i < pieces.size(); ++i) wrong += wrong_bytes(device, pieces[i].buffer, i);
    CHECK(wrong == 0);
  }
}

TEST_CASE("slabs: what was not expected, and what is large, gets allocations of its own") {
  for (const Device& device : cpus()) {
    CAPTURE(device.info().id);
    Slabs slabs(device, 0);
    std::vector<Slabs::Piece> pieces;
    for (const int64_t mib : {3, 3, 130, 1, 9}) pieces.push_back(slabs.allocate(mib * kMiB - 100));
    std::vector<size_t> slab_of;
    for (const Slabs::Piece& piece : pieces) slab_of.push_back(piece.slab);
    // 3 + 3 do not fit the 4 MiB that are taken at least; the large one leaves the second open for 1.
    CHECK(slab_of == std::vector<size_t>{0, 1, 2, 1, 3});
    pieces.erase(pieces.begin() + 2);  // its 130 MiB are not touched
    for (const Slabs::Piece& piece : pieces) device.fill(piece.buffer, 3, 0, piece.buffer.bytes());
    for (const Slabs::Piece& piece : pieces) CHECK(wrong_bytes(device, piece.buffer, 3) == 0);
  }
}

TEST_CASE("slabs: buffers outlive the slabs and each other in any order") {
  for (const Device& device : cpus()) {
    CAPTURE(device.info().id);
    std::vector<Buffer> buffers;
    {
      Slabs slabs(device, 40 * 5000);
      std::vector<Slabs::Piece> pieces;
      for (int i = 0; i < 40; ++i) pieces.push_back(slabs.allocate(5000));
      number(slabs, pieces);
      for (const Slabs::Piece& piece : pieces) buffers.push_back(piece.buffer);
    }
    size_t wrong = 0;
    for (size_t i = 0; i < buffers.size(); i += 2) buffers[i] = {};
    for (size_t i = 1; i < buffers.size(); i += 2) wrong += wrong_bytes(device, buffers[i], i);
    for (size_t i = buffers.size() - 1; i > 20; --i) buffers.pop_back();
    for (size_t i = 1; i < buffers.size(); i += 2) wrong += wrong_bytes(device, buffers[i], i);
    CHECK(wrong == 0);
  }
}

TEST_CASE("slabs: nothing, and more than a buffer can hold, are refused as by the device") {
  for (const graph::DeviceInfo& info : usable_devices()) {
    CAPTURE(info.id);
    Slabs slabs(Device(info), kMiB);
    CHECK(fault_of(slabs, 0) == Fault::run);
    CHECK(fault_of(slabs, -1) == Fault::run);
    CHECK(fault_of(slabs, info.max_alloc_bytes + 1) == Fault::memory);
    CHECK(slabs.allocate(100).buffer.bytes() == 100);
  }
}

#if defined(__linux__)
TEST_CASE("slabs: huge pages are asked for, and done without where they are refused") {
  std::ifstream setting("/sys/kernel/mm/transparent_hugepage/enabled");
  for (const bool refused : {false, true}) {
    CAPTURE(refused);
    REQUIRE(prctl(PR_SET_THP_DISABLE, refused ? 1 : 0, 0, 0, 0) == 0);
    for (const Device& device : cpus()) {
      CAPTURE(device.info().id);
      Slabs slabs(device, 4 * kHugeFrom);
      const std::vector<Slabs::Piece> pieces = {slabs.allocate(2 * kHugeFrom), slabs.allocate(2 * kHugeFrom)};
      number(slabs, pieces);
      for (size_t i = 0; i < pieces.size(); ++i) CHECK(wrong_bytes(device, pieces[i].buffer, i) == 0);
      const std::vector<Mapping> maps = slabs.map();
      const auto flags = memory_flags(maps.front().bytes().data() + 2 * kHugeFrom);
      if (setting && flags) CHECK(flags->find(" hg ") != std::string::npos);
    }
  }
  prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}
#endif

}  // namespace clinfer::cl
