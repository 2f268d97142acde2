#include "host/kernels/chain.h"

#include <bit>

#include "host/kernels/group_chain.h"
#include "host/kernels/item_chain.h"

namespace clinfer::kernels {

namespace {

constexpr graph::Sizes kOneToken{1, 1, 1};
/// Work-items of one token for each of the chain's from which a launch is faster alone, as the head of a
/// large vocabulary is: 1 GB of bf16 takes 300 us joined and 240 us alone on an H200.
constexpr int64_t kManyItems = 8;

bool fills_device(const graph::DeviceInfo& device, const Launch& launch) {
  const int64_t items = launch.work(kOneToken).groups * static_cast<int64_t>(launch.local_size);
  return items > kManyItems * device.compute_units * static_cast<int64_t>(kMostChainThreads);
}

}  // namespace

std::optional<ChainKind> chain_kind(const graph::DeviceInfo& device) {
  if (device.is_cpu) return ChainKind::of_items;
  if (device.is_gpu && device.probes.wgmma) return ChainKind::of_groups;
  return std::nullopt;
}

bool chain_takes(ChainKind kind, const graph::DeviceInfo& device, const Launch& launch) {
  if (!launch.program.units.empty()) return false;
  if (launch.local_size == 1) return device.is_cpu;
  // Fences and barriers of smaller groups are PTX.
  return kind == ChainKind::of_groups && device.probes.wgmma && std::has_single_bit(launch.local_size) &&
         launch.local_size >= 32 && launch.local_size <= kMostChainThreads && !fills_device(device, launch);
}

std::unique_ptr<Chain> make_chain(ChainKind kind, const cl::Device& device, std::vector<BoundLaunch> launches,
                                  const ProgramLookup& programs) {
  if (kind == ChainKind::of_items) return std::make_unique<ItemChain>(device, std::move(launches), programs);
  return std::make_unique<GroupChain>(device, std::move(launches), programs);
}

}  // namespace clinfer::kernels
