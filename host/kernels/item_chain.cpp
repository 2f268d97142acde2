#include "host/kernels/item_chain.h"

#include <algorithm>
#include <cstring>

#include "host/kernels/chain_parts.h"
#include "host/kernels/narrow.h"
#include "host/kernels/program.h"

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

}  // namespace

cl::ProgramSource item_chain_source(const graph::DeviceInfo& device, std::span<const BoundLaunch> launches) {
  cl::ProgramSource source;
  source.stem = "chain";
  source.entry = "chain.cl";
  source.units = chain_functions(launches).units;
  size_t scratch = sizeof(f32);
  for (const BoundLaunch& b : launches) scratch = std::max(scratch, b.launch->local_bytes);
  source.defines = {constant("CHAIN_SCRATCH", static_cast<int64_t>(scratch / sizeof(f32))),
                    constant("X86_LINUX", x86_linux(device) ? 1 : 0)};
  return source;
}

ItemChain::ItemChain(const cl::Device& device, std::vector<BoundLaunch> launches,
                     const ProgramLookup& programs)
    : device_(device), launches_(std::move(launches)), links_(launches_.size()) {
  const std::vector<int> numbers = chain_functions(launches_).numbers;
  for (size_t i = 0; i < links_.size(); ++i) links_[i].function = numbers[i];
  const cl::Program program = programs(item_chain_source(device.info(), launches_));
  done_ = device_.allocate_touched(kLine);
  place_buffers(program);
  kernel_.emplace(program, "chain");
}

void ItemChain::place_buffers(const cl::Program& program) {
  const std::vector<uint64_t> addresses = chain_addresses(device_, program, launches_);
  waits_ = chain_waits(chain_accesses(launches_, addresses));
  i32 at = 0;
  for (size_t i = 0; i < links_.size(); ++i) {
    links_[i].pointers = at;
    at += static_cast<i32>(launches_[i].buffers.size());
  }
  addresses_ = device_.allocate(static_cast<int64_t>(addresses.size() * sizeof(uint64_t)));
  device_.write(addresses_, std::as_bytes(std::span(addresses)));
}

cl_uint ItemChain::write_call(const graph::Sizes& sizes) {
  const size_t head = links_.size() * sizeof(ChainLink);
  const auto align = [](size_t bytes) { return (bytes + kArgsAlign - 1) / kArgsAlign * kArgsAlign; };
  std::vector<std::byte>& call = written_.bytes();
  call.resize(align(head));
  cl_uint before = 0;
  std::vector<int64_t> workers;
  for (size_t i = 0; i < links_.size(); ++i) {
    const Work work = launches_[i].launch->work(sizes);
    links_[i].workers = narrow(work.groups, "workers");
    links_[i].before = static_cast<i32>(before);
    before += static_cast<cl_uint>(work.groups);
    workers.push_back(work.groups);
    links_[i].args = narrow(static_cast<int64_t>(call.size()), "arguments");
    call.insert(call.end(), work.args.begin(), work.args.end());
    call.resize(align(call.size()));
  }
  const std::vector<bool> waits = carried_waits(waits_, workers);
  for (size_t i = 0; i < links_.size(); ++i) links_[i].waits = waits[i] ? 1 : 0;
  std::memcpy(call.data(), links_.data(), head);
  const auto bytes = static_cast<int64_t>(call.size());
  if (!call_ || call_.bytes() < bytes) call_ = device_.allocate(bytes);
  written_.enqueue(device_, call_);
  return before;
}

void ItemChain::run(const graph::Sizes& sizes) {
  const cl_uint workers = write_call(sizes);
  kernel_->set_all(call_, static_cast<i32>(links_.size()), addresses_, call_, done_, done_before_);
  const auto groups = static_cast<size_t>(device_.info().compute_units);
  kernel_->enqueue(device_, cl::NdRange({groups}, {1}));
  done_before_ += workers;
}

}  // namespace clinfer::kernels
