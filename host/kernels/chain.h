#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "cl_kernels/args/chain_args.h"
#include "host/cl/context.h"
#include "host/cl/kernel.h"
#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// A launch with its buffers, in the order of launch->buffers.
struct BoundLaunch {
  const Launch* launch;
  std::vector<cl::Buffer> buffers;
};

/// Gives the built program of a source, for the chain's device.
using ProgramLookup = std::function<cl::Program(const cl::ProgramSource&)>;

/// A row of launches that one launch carries out (cl_kernels/chain.cl): as many groups as the device has
/// units share the launches' workers out and wait for each other where a launch needs what another wrote. For
/// CPUs, where starting a launch costs more than a small one takes. Addresses of buffers are taken once, when
/// it is made.
class Chain {
 public:
  /// Whether a launch can be part of one: one work-item a group, a driver that keeps buffers in place.
  static bool takes(const graph::DeviceInfo& device, const Launch& launch);

  /// Throws what building throws. `launches` is not empty; what they point at must outlive the chain.
  Chain(const cl::Device& device, std::vector<BoundLaunch> launches, const ProgramLookup& programs);

  /// Queues the launch for these sizes.
  void run(const graph::Sizes& sizes);

  size_t launches() const { return launches_.size(); }

 private:
  std::vector<cl::JoinedUnit> number_functions();
  std::vector<uint64_t> take_addresses(const cl::Program& program);
  void find_waits(const std::vector<uint64_t>& addresses);
  cl_uint write_call(const graph::Sizes& sizes);
  size_t groups() const { return static_cast<size_t>(device_.info().compute_units); }

  cl::Device device_;
  std::vector<BoundLaunch> launches_;
  std::vector<ChainLink> links_;  ///< one a launch; workers and args change from call to call
  cl::Buffer addresses_;          ///< of all launches' buffers
  cl::Buffer done_;               ///< counts workers
  cl::Buffer call_;               ///< links, then args
  std::vector<std::byte> call_bytes_;
  cl_uint done_before_ = 0;  ///< counted so far, modulo 2^32
  std::optional<cl::Kernel> kernel_;
};

}  // namespace clinfer::kernels
