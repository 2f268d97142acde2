#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "host/cl/context.h"
#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// A launch with its buffers, in the order of launch->buffers.
struct BoundLaunch {
  const Launch* launch;
  std::vector<cl::Buffer> buffers;
  std::vector<bool> writes;   ///< which of them
  bool knows_context = true;  ///< whether work() may differ between calls of as many tokens and outputs
};

/// Gives the built program of a source, for the chain's device.
using ProgramLookup = std::function<cl::Program(const cl::ProgramSource&)>;

/// A row of launches that one launch carries out. Addresses of buffers are taken once, when it is made.
class Chain {
 public:
  virtual ~Chain() = default;

  /// Queues the launch for these sizes.
  virtual void run(const graph::Sizes& sizes) = 0;
  virtual size_t launches() const = 0;
};

/// of_items: one work-item a group takes a worker at a time (ItemChain); of_groups: groups that run side by
/// side (GroupChain).
enum class ChainKind { of_items, of_groups };

/// What pays on the device; nothing where GPUs do not take PTX of sm_90, without which groups may not meet.
std::optional<ChainKind> chain_kind(const graph::DeviceInfo& device);

/// Whether a launch can be part of a chain of this kind there: the driver keeps buffers in place, groups have
/// a size that the kind takes, and its work-items are not so many that they alone keep memory busy.
bool chain_takes(ChainKind kind, const graph::DeviceInfo& device, const Launch& launch);

/// Throws what building throws, and Error(Fault::device) when the device does not carry it out. `launches` is
/// not empty; what they point at must outlive the chain.
std::unique_ptr<Chain> make_chain(ChainKind kind, const cl::Device& device, std::vector<BoundLaunch> launches,
                                  const ProgramLookup& programs);

}  // namespace clinfer::kernels
