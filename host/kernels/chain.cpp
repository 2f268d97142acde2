#include "host/kernels/chain.h"

#include <bit>

#include "host/kernels/group_chain.h"
#include "host/kernels/item_chain.h"

namespace clinfer::kernels {

std::optional<ChainKind> chain_kind(const graph::DeviceInfo& device) {
  if (!device.is_cpu) return std::nullopt;
  return ChainKind::of_items;
}

bool chain_takes(ChainKind kind, const graph::DeviceInfo& device, const Launch& launch) {
  if (!launch.program.units.empty() || launch.program.sm_90a) return false;
  if (launch.local_size == 1) return device.is_cpu;
  // Fences and barriers of smaller groups are PTX.
  return kind == ChainKind::of_groups && device.probes.wgmma && std::has_single_bit(launch.local_size) &&
         launch.local_size >= 32 && launch.local_size <= kMostChainThreads;
}

std::unique_ptr<Chain> make_chain(ChainKind kind, const cl::Device& device, std::vector<BoundLaunch> launches,
                                  const ProgramLookup& programs) {
  if (kind == ChainKind::of_items) return std::make_unique<ItemChain>(device, std::move(launches), programs);
  return std::make_unique<GroupChain>(device, std::move(launches), programs);
}

}  // namespace clinfer::kernels
