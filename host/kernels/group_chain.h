#pragma once

#include <optional>
#include <vector>

#include "cl_kernels/args/chain_args.h"
#include "host/cl/kernel.h"
#include "host/cl/staged_write.h"
#include "host/kernels/chain.h"
#include "host/kernels/chain_order.h"

namespace clinfer::kernels {

inline constexpr size_t kMostChainThreads = 256;

/// cl_kernels/chain_groups.cl: a group for each of the device's units, which take the launches' workers in
/// turn and all meet where a launch needs what another wrote. For GPUs, where each launch costs the host more
/// than a small kernel takes. That the groups run side by side is tried out first.
class GroupChain : public Chain {
 public:
  GroupChain(const cl::Device& device, std::vector<BoundLaunch> launches, const ProgramLookup& programs);

  void run(const graph::Sizes& sizes) override;
  size_t launches() const override { return launches_.size(); }

 private:
  cl::Program build(const ProgramLookup& programs);
  void expect_side_by_side();
  int64_t most_meetings() const;
  void find_order(const std::vector<Work>& works);
  void share_out(std::vector<Work>& works) const;
  void append_record(size_t launch, const Work& work, const GroupLink& link,
                     std::vector<std::byte>& records) const;
  int write_records(const graph::Sizes& sizes);
  void enqueue(int count, cl_int most_spins);

  cl::Device device_;
  std::vector<BoundLaunch> launches_;
  size_t threads_ = 1;                 ///< of a group
  std::vector<int> functions_;         ///< numbers, one a launch
  std::vector<uint64_t> addresses_;    ///< of all launches' buffers, one launch after another
  std::vector<size_t> first_address_;  ///< of each launch
  std::vector<ChainStep> steps_;       ///< one a launch, of the last call
  std::vector<ChainTurn> order_;       ///< of those
  size_t local_bytes_ = 0;             ///< for the functions
  size_t record_words_ = 0;            ///< most
  cl_int set_ = 0;                     ///< of counters, for the next call
  cl::StagedWrite written_;
  cl::Buffer records_;
  cl::Buffer counters_;  ///< of groups, two sets of one for each meeting
  cl::Buffer late_;
  std::optional<cl::Kernel> kernel_;
};

}  // namespace clinfer::kernels
