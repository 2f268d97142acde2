#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cl_kernels/args/chain_args.h"
#include "host/cl/kernel.h"
#include "host/cl/staged_write.h"
#include "host/kernels/chain.h"

namespace clinfer::kernels {

/// The program of an ItemChain of these launches; their buffers do not matter.
cl::ProgramSource item_chain_source(const graph::DeviceInfo& device, std::span<const BoundLaunch> launches);

/// cl_kernels/chain.cl: as many groups as the device has units, of one work-item each, share the launches'
/// workers out and wait for each other where a launch needs what another wrote. For CPUs, where starting a
/// launch costs more than a small one takes.
class ItemChain : public Chain {
 public:
  ItemChain(const cl::Device& device, std::vector<BoundLaunch> launches, const ProgramLookup& programs);

  void run(const graph::Sizes& sizes) override;
  size_t launches() const override { return launches_.size(); }

 private:
  void place_buffers(const cl::Program& program);
  cl_uint write_call(const graph::Sizes& sizes);

  cl::Device device_;
  std::vector<BoundLaunch> launches_;
  std::vector<ChainLink> links_;  ///< one a launch; workers, waits and args change from call to call
  std::vector<bool> waits_;       ///< chain_waits of the launches
  cl::Buffer addresses_;          ///< of all launches' buffers
  cl::Buffer done_;               ///< counts workers
  cl::Buffer call_;               ///< links, then args
  cl::StagedWrite written_;       ///< to it
  cl_uint done_before_ = 0;       ///< counted so far, modulo 2^32
  std::optional<cl::Kernel> kernel_;
};

}  // namespace clinfer::kernels
