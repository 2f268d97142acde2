#include "host/kernels/chain.h"

#include <algorithm>
#include <cstring>

#include "host/kernels/chain_waits.h"
#include "host/kernels/narrow.h"
#include "host/kernels/program.h"
#include "quant/error.h"

namespace clinfer::kernels {

namespace {

constexpr size_t kArgsAlign = 64;
constexpr int64_t kLine = 64;  ///< bytes of a cache line

/// Whether inline assembly of x86 works under Linux.
bool x86_linux(const graph::DeviceInfo& device) {
#if defined(__linux__) && defined(__x86_64__)
  return device.probes.x86_avx512_asm || device.probes.x86_vnni_asm;
#else
  return false;
#endif
}

cl::JoinedUnit& unit_of(std::vector<cl::JoinedUnit>& units, const cl::ProgramSource& program) {
  for (cl::JoinedUnit& unit : units) {
    if (unit.entry == program.entry && unit.defines == program.defines) return unit;
  }
  return units.emplace_back(cl::JoinedUnit{program.entry, program.defines, {}});
}

/// The number of a kernel among all of the units' kernels.
int32_t number_of(const std::vector<cl::JoinedUnit>& units, const Launch& launch) {
  int32_t number = 0;
  for (const cl::JoinedUnit& unit : units) {
    const bool mine = unit.entry == launch.program.entry && unit.defines == launch.program.defines;
    const auto at = std::ranges::find(unit.kernels, launch.kernel);
    if (mine) return number + static_cast<int32_t>(at - unit.kernels.begin());
    number += static_cast<int32_t>(unit.kernels.size());
  }
  return -1;
}

}  // namespace

bool Chain::takes(const graph::DeviceInfo& device, const Launch& launch) {
  return device.is_cpu && launch.local_size == 1 && launch.program.units.empty();
}

Chain::Chain(const cl::Device& device, std::vector<BoundLaunch> launches, const ProgramLookup& programs)
    : device_(device), launches_(std::move(launches)), links_(launches_.size()) {
  cl::ProgramSource source;
  source.stem = "chain";
  source.entry = "chain.cl";
  source.units = number_functions();
  size_t scratch = sizeof(f32);
  for (const BoundLaunch& b : launches_) scratch = std::max(scratch, b.launch->local_bytes);
  source.defines = {constant("CHAIN_SCRATCH", static_cast<int64_t>(scratch / sizeof(f32))),
                    constant("X86_LINUX", x86_linux(device.info()) ? 1 : 0)};
  const cl::Program program = programs(source);
  done_ = device_.allocate_touched(kLine);
  find_waits(take_addresses(program));
  kernel_.emplace(program, "chain");
}

std::vector<cl::JoinedUnit> Chain::number_functions() {
  std::vector<cl::JoinedUnit> units;
  for (const BoundLaunch& b : launches_) {
    cl::JoinedUnit& unit = unit_of(units, b.launch->program);
    if (std::ranges::find(unit.kernels, b.launch->kernel) == unit.kernels.end())
      unit.kernels.push_back(b.launch->kernel);
  }
  for (size_t i = 0; i < links_.size(); ++i) links_[i].function = number_of(units, *launches_[i].launch);
  return units;
}

std::vector<uint64_t> Chain::take_addresses(const cl::Program& program) {
  size_t count = 0;
  for (const BoundLaunch& b : launches_) count += b.buffers.size();
  std::vector<uint64_t> addresses(count);
  addresses_ = device_.allocate(static_cast<int64_t>(count * sizeof(uint64_t)));
  cl::Kernel ask(program, "chain_address");
  i32 at = 0;
  for (size_t i = 0; i < launches_.size(); ++i) {
    links_[i].pointers = at;
    for (const cl::Buffer& buffer : launches_[i].buffers) {
      ask.set_all(buffer, addresses_, at++);
      ask.enqueue(device_, cl::NdRange({1}, {1}));
    }
  }
  device_.read(addresses_, std::as_writable_bytes(std::span(addresses)));
  return addresses;
}

void Chain::find_waits(const std::vector<uint64_t>& addresses) {
  std::vector<std::vector<Access>> accesses(launches_.size());
  for (size_t i = 0; i < launches_.size(); ++i) {
    const BoundLaunch& b = launches_[i];
    for (size_t k = 0; k < b.buffers.size(); ++k) {
      const uint64_t begin = addresses[static_cast<size_t>(links_[i].pointers) + k];
      accesses[i].push_back({begin, begin + static_cast<uint64_t>(b.buffers[k].bytes()),
                             b.launch->buffers[k].kind != BufferRef::Kind::input});
    }
  }
  const std::vector<bool> waits = chain_waits(accesses);
  for (size_t i = 0; i < links_.size(); ++i) links_[i].waits = waits[i] ? 1 : 0;
}

cl_uint Chain::write_call(const graph::Sizes& sizes) {
  const size_t head = links_.size() * sizeof(ChainLink);
  const auto align = [](size_t bytes) { return (bytes + kArgsAlign - 1) / kArgsAlign * kArgsAlign; };
  call_bytes_.resize(align(head));
  cl_uint before = 0;
  for (size_t i = 0; i < links_.size(); ++i) {
    const Work work = launches_[i].launch->work(sizes);
    links_[i].workers = narrow(work.groups, "workers");
    links_[i].before = static_cast<i32>(before);
    before += static_cast<cl_uint>(work.groups);
    links_[i].args = narrow(static_cast<int64_t>(call_bytes_.size()), "arguments");
    call_bytes_.insert(call_bytes_.end(), work.args.begin(), work.args.end());
    call_bytes_.resize(align(call_bytes_.size()));
  }
  std::memcpy(call_bytes_.data(), links_.data(), head);
  const auto bytes = static_cast<int64_t>(call_bytes_.size());
  if (!call_ || call_.bytes() < bytes) call_ = device_.allocate(bytes);
  device_.write(call_, call_bytes_);
  return before;
}

void Chain::run(const graph::Sizes& sizes) {
  const cl_uint workers = write_call(sizes);
  kernel_->set_all(call_, static_cast<i32>(links_.size()), addresses_, call_, done_, done_before_);
  kernel_->enqueue(device_, cl::NdRange({groups()}, {1}));
  done_before_ += workers;
}

}  // namespace clinfer::kernels
