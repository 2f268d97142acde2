#include "host/kernels/item_chain.h"

#include <algorithm>
#include <cstring>

#include "host/kernels/chain_parts.h"
#include "host/kernels/narrow.h"
#include "host/kernels/program.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kLine = 64;  ///< bytes of a cache line
constexpr int kMostSides = 8;  ///< into which a launch's workers are cut: a group looks at all of them

size_t whole_lines(size_t bytes) {
  return (bytes + kLine - 1) / kLine * kLine;
}

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
    : device_(device),
      launches_(std::move(launches)),
      links_(launches_.size()),
      workers_(launches_.size()),
      sides_(static_cast<i32>(std::clamp<int64_t>(device.info().compute_units, 1, kMostSides))) {
  const std::vector<int> numbers = chain_functions(launches_).numbers;
  for (size_t i = 0; i < links_.size(); ++i) links_[i].function = numbers[i];
  const cl::Program program = programs(item_chain_source(device.info(), launches_));
  for (size_t i = 0; i < links_.size(); ++i) {
    if (launches_[i].knows_context) changing_.push_back(i);
  }
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

/// `again`: into the place of the last call's.
void ItemChain::place_args(size_t link, const graph::Sizes& sizes, bool again) {
  const Work work = launches_[link].launch->work(sizes);
  std::vector<std::byte>& call = written_.bytes();
  workers_[link] = work.groups;
  links_[link].workers = narrow(work.groups, "workers");
  if (!again) {
    links_[link].args = narrow(static_cast<int64_t>(call.size()), "arguments");
    call.resize(whole_lines(call.size() + work.args.size()));
  }
  std::ranges::copy(work.args, call.begin() + links_[link].args);
}

/// Asks as few launches as it can: between two tokens all of their memory has left the caches.
cl_uint ItemChain::write_call(const graph::Sizes& sizes) {
  std::vector<std::byte>& call = written_.bytes();
  const size_t head = links_.size() * sizeof(ChainLink);
  const size_t claims = whole_lines(links_.size() * sizeof(i32));
  const bool again = sizes.tokens == sizes_.tokens && sizes.outputs == sizes_.outputs;
  sizes_ = kNoSizes;
  if (again) {
    for (const size_t link : changing_) place_args(link, sizes, true);
  } else {
    call.assign(whole_lines(head) + static_cast<size_t>(sides_) * claims, std::byte{0});
    for (size_t link = 0; link < links_.size(); ++link) place_args(link, sizes, false);
  }
  cl_uint before = 0;
  const std::vector<bool> waits = carried_waits(waits_, workers_);
  for (size_t i = 0; i < links_.size(); ++i) {
    links_[i].waits = waits[i] ? 1 : 0;
    links_[i].before = static_cast<i32>(before);
    before += static_cast<cl_uint>(workers_[i]);
  }
  std::memcpy(call.data(), links_.data(), head);
  const auto bytes = static_cast<int64_t>(call.size());
  if (!call_ || call_.bytes() < bytes) call_ = device_.allocate(bytes);
  written_.enqueue(device_, call_);
  sizes_ = sizes;
  return before;
}

void ItemChain::run(const graph::Sizes& sizes) {
  const cl_uint workers = write_call(sizes);
  const size_t claims = whole_lines(links_.size() * sizeof(ChainLink));
  const auto groups = static_cast<size_t>(device_.info().compute_units);
  kernel_->set_all(call_, static_cast<i32>(links_.size()), addresses_, static_cast<i32>(claims), sides_,
                   done_, done_before_);
  kernel_->enqueue(device_, cl::NdRange({groups}, {1}));
  done_before_ += workers;
}

}  // namespace clinfer::kernels
