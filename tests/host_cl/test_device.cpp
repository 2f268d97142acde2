#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "host/cl/context.h"
#include "host/cl/error.h"
#include "tests/host_cl/contains.h"
#include "tests/host_cl/usable_devices.h"

namespace clinfer::cl {

namespace {

template <class Call>
Error fault_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return Error(Fault::usage, "nothing was thrown");
}

std::vector<int32_t> read_ints(const Device& device, const Buffer& buffer) {
  std::vector<int32_t> values(static_cast<size_t>(buffer.bytes()) / sizeof(int32_t));
  device.read(buffer, std::as_writable_bytes(std::span(values)));
  return values;
}

std::vector<int32_t> counted(size_t count, int32_t first) {
  std::vector<int32_t> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

}  // namespace

TEST_CASE("this machine has a usable device") {
  CHECK_FALSE(usable_devices().empty());
}

TEST_CASE("device: write, read, copy, fill and map move the right bytes") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const Device device(info);
    const Buffer a = device.allocate(4096);
    const Buffer b = device.allocate_touched(4096);
    CHECK(read_ints(device, b) == std::vector<int32_t>(1024, 0));
    const auto values = counted(1024, 7);
    device.write(a, std::as_bytes(std::span(values)));
    device.copy(a, 400, b, 800, 40);
    device.fill(b, 0xAB, 0, 4);
    device.finish();
    const auto result = read_ints(device, b);
    CHECK(result[0] == static_cast<int32_t>(0xABABABABu));
    CHECK(result[1] == 0);
    CHECK(result[199] == 0);
    CHECK(result[200] == 107);
    CHECK(result[209] == 116);
    CHECK(result[210] == 0);
    {
      const Mapping mapping = device.map(b, Device::MapFor::overwrite);
      std::fill(mapping.bytes().begin(), mapping.bytes().end(), std::byte{1});
    }
    CHECK(read_ints(device, b) == std::vector<int32_t>(1024, 0x01010101));
    CHECK(device.map(b, Device::MapFor::read).bytes()[5] == std::byte{1});
  }
}

TEST_CASE("device: sub-buffers share memory, also of each other, and honour the alignment") {
  for (const auto& info : usable_devices()) {
    CAPTURE(info.id);
    const Device device(info);
    const int64_t align = info.base_align_bytes;
    const Buffer whole = device.allocate(8 * align);
    const auto values = counted(static_cast<size_t>(8 * align / 4), 0);
    device.write(whole, std::as_bytes(std::span(values)));
    const Buffer middle = whole.sub(2 * align, 5 * align);
    const Buffer inner = middle.sub(align, 8);
    CHECK(inner.bytes() == 8);
    CHECK(read_ints(device, inner) == counted(2, static_cast<int32_t>(3 * align / 4)));
    CHECK(fault_of([&] { whole.sub(align, 8 * align); }).what() == doctest::Contains("does not lie inside"));
    CHECK(fault_of([&] { whole.sub(-align, align); }).fault() == Fault::run);
    CHECK(fault_of([&] { whole.sub(0, 0); }).fault() == Fault::run);
    CHECK(fault_of([&] { whole.sub(align, std::numeric_limits<int64_t>::max()); }).fault() == Fault::run);
    if (align > 1) {
      CHECK(fault_of([&] { whole.sub(align / 2, 4); }).what() == doctest::Contains("is not aligned"));
    }
  }
}

TEST_CASE("device: ranges outside a buffer are refused") {
  for (const auto& info : usable_devices()) {
    const Device device(info);
    const Buffer buffer = device.allocate(64);
    std::vector<std::byte> data(65);
    CHECK(fault_of([&] { device.write(buffer, data); }).what() == doctest::Contains("does not fit"));
    CHECK(fault_of([&] { device.read(buffer, std::span(data).first(8), 60); }).fault() == Fault::run);
    CHECK(fault_of([&] { device.read(buffer, std::span(data).first(8), -1); }).fault() == Fault::run);
    CHECK(fault_of([&] { device.fill(buffer, 0, 0, 65); }).fault() == Fault::run);
    CHECK(fault_of([&] { device.copy(buffer, 0, buffer, 32, 33); }).fault() == Fault::run);
  }
}

TEST_CASE("device: too large a buffer is a memory fault that tells the numbers") {
  for (const auto& info : usable_devices()) {
    const Device device(info);
    const Error error = fault_of([&] { device.allocate(info.max_alloc_bytes + 1); });
    CHECK(error.fault() == Fault::memory);
    CHECK(contains(error.what(), std::to_string(info.max_alloc_bytes + 1).c_str()));
    CHECK(contains(error.what(), std::to_string(info.max_alloc_bytes).c_str()));
    CHECK(fault_of([&] { device.allocate(0); }).fault() == Fault::run);
    CHECK(fault_of([&] { device.allocate(-5); }).fault() == Fault::run);
  }
}

TEST_CASE("device: what is not there is a device fault") {
  graph::DeviceInfo info;
  info.platform_index = 99;
  CHECK(fault_of([&] { const Device device(info); }).fault() == Fault::device);
}

TEST_CASE("errors: codes are named, failed allocations are memory faults") {
  CHECK(code_name(CL_OUT_OF_RESOURCES) == "CL_OUT_OF_RESOURCES (-5)");
  CHECK(code_name(-4242) == "OpenCL code -4242");
  CHECK_NOTHROW(CL_CHECK(CL_SUCCESS));
  const Error run = fault_of([] { CL_CHECK(CL_INVALID_VALUE + 0); });
  CHECK(run.fault() == Fault::run);
  CHECK(std::string(run.what()) == "CL_INVALID_VALUE (-30) from CL_INVALID_VALUE + 0");
  for (const cl_int code : {-4, -5, -6, -61}) {
    CHECK(fault_of([&] { check_allocation(code, "call", "x"); }).fault() == Fault::memory);
  }
  CHECK(fault_of([&] { check_allocation(-30, "call", "x"); }).fault() == Fault::run);
}

}  // namespace clinfer::cl
