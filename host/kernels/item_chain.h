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
  static constexpr graph::Sizes kNoSizes{0, 0, 0};

  void place_buffers(const cl::Program& program);
  void place_args(size_t link, const graph::Sizes& sizes, bool again);
  cl_uint write_call(const graph::Sizes& sizes);

  cl::Device device_;
  std::vector<BoundLaunch> launches_;
  std::vector<ChainLink> links_;   ///< one a launch; workers, waits and args change from call to call
  std::vector<size_t> changing_;   ///< of them, those that know the context
  std::vector<int64_t> workers_;   ///< of the launches in the last call
  std::vector<bool> waits_;        ///< chain_waits of the launches
  i32 sides_;                      ///< into which their workers are cut
  cl::Buffer addresses_;           ///< of all launches' buffers
  cl::Buffer done_;                ///< counts workers
  cl::Buffer call_;                ///< links, workers taken of each side, then args
  cl::StagedWrite written_;        ///< to it
  graph::Sizes sizes_ = kNoSizes;  ///< of the last call
  cl_uint done_before_ = 0;        ///< counted so far, modulo 2^32
  std::optional<cl::Kernel> kernel_;
};

}  // namespace clinfer::kernels
