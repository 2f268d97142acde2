#include "host/kernels/chain_parts.h"

#include <algorithm>
#include <map>

#include "cl_kernels/args/scalars.h"
#include "host/cl/joined_source.h"
#include "host/cl/kernel.h"

namespace clinfer::kernels {

namespace {

/// With the size of its groups, which all kernels of a unit share.
std::vector<std::string> defines_of(const Launch& launch) {
  std::vector<std::string> defines = launch.program.defines;
  defines.push_back(std::string(cl::kGroupDefine) + std::to_string(launch.local_size));
  return defines;
}

cl::JoinedUnit& unit_of(std::vector<cl::JoinedUnit>& units, const Launch& launch) {
  std::vector<std::string> defines = defines_of(launch);
  for (cl::JoinedUnit& unit : units) {
    if (unit.entry == launch.program.entry && unit.defines == defines) return unit;
  }
  return units.emplace_back(cl::JoinedUnit{launch.program.entry, std::move(defines), {}});
}

/// The number of a kernel among all of the units' kernels.
int number_of(const std::vector<cl::JoinedUnit>& units, const Launch& launch) {
  size_t number = 0;
  for (const cl::JoinedUnit& unit : units) {
    const bool mine = unit.entry == launch.program.entry && unit.defines == defines_of(launch);
    const auto at = std::ranges::find(unit.kernels, launch.kernel);
    if (mine) return static_cast<int>(number + static_cast<size_t>(at - unit.kernels.begin()));
    number += unit.kernels.size();
  }
  return -1;
}

}  // namespace

ChainFunctions chain_functions(std::span<const BoundLaunch> launches) {
  ChainFunctions functions;
  for (const BoundLaunch& b : launches) {
    cl::JoinedUnit& unit = unit_of(functions.units, *b.launch);
    if (std::ranges::find(unit.kernels, b.launch->kernel) == unit.kernels.end())
      unit.kernels.push_back(b.launch->kernel);
  }
  for (const BoundLaunch& b : launches) functions.numbers.push_back(number_of(functions.units, *b.launch));
  return functions;
}

std::vector<uint64_t> chain_addresses(const cl::Device& device, const cl::Program& program,
                                      std::span<const BoundLaunch> launches) {
  std::map<cl_mem, size_t> places;
  std::vector<size_t> order;
  for (const BoundLaunch& b : launches) {
    for (const cl::Buffer& buffer : b.buffers)
      order.push_back(places.emplace(buffer.raw(), places.size()).first->second);
  }
  const cl::Buffer table = device.allocate(static_cast<int64_t>(places.size() * sizeof(uint64_t)));
  cl::Kernel ask(program, "chain_address");
  std::vector<bool> asked(places.size());
  size_t at = 0;
  for (const BoundLaunch& b : launches) {
    for (const cl::Buffer& buffer : b.buffers) {
      const size_t place = order[at++];
      if (asked[place]) continue;
      asked[place] = true;
      ask.set_all(buffer, table, static_cast<i32>(place));
      ask.enqueue(device, cl::NdRange({1}, {1}));
    }
  }
  std::vector<uint64_t> found(places.size());
  device.read(table, std::as_writable_bytes(std::span(found)));
  std::vector<uint64_t> addresses;
  for (const size_t place : order) addresses.push_back(found[place]);
  return addresses;
}

std::vector<std::vector<Access>> chain_accesses(std::span<const BoundLaunch> launches,
                                                std::span<const uint64_t> addresses) {
  std::vector<std::vector<Access>> accesses;
  size_t at = 0;
  for (const BoundLaunch& b : launches) {
    std::vector<Access>& mine = accesses.emplace_back();
    for (size_t k = 0; k < b.buffers.size(); ++k) {
      const uint64_t begin = addresses[at++];
      mine.push_back({begin, begin + static_cast<uint64_t>(b.buffers[k].bytes()), b.writes[k]});
    }
  }
  return accesses;
}

}  // namespace clinfer::kernels
