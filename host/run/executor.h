#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "host/cl/kernel.h"
#include "host/cl/staged_write.h"
#include "host/kernels/chain.h"
#include "host/plan/plan.h"
#include "host/run/observer.h"
#include "host/run/profile.h"
#include "host/run/storage.h"

namespace clinfer::run {

class StepTimer;

/// Gives the built program of a launch.
using ProgramSourceLookup = std::function<cl::Program(int device, const cl::ProgramSource&)>;

/// Runs a plan: owns its kernels with their arguments bound and the arenas its values lie in. One call at a
/// time.
class Executor {
 public:
  /// Allocates the plan's arenas: pieces of one that two executors shared would overlap in part
  /// (plan/arena.h).
  Executor(std::shared_ptr<const plan::Plan> plan, const Storage& storage,
           const ProgramSourceLookup& programs);

  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Sets an input by name; as many bytes as its type has for the sizes of the next run().
  void write(std::string_view input, std::span<const std::byte> bytes);
  /// Sets an input from `bytes` of another executor's output, `offset` bytes into it; on one device without
  /// touching the host, unless they overlap.
  void write_from(std::string_view input, const Executor& from, std::string_view output, int64_t offset,
                  int64_t bytes);
  /// Queues all steps. Throws Error(Fault::run) naming the node when a launch fails.
  void run(const graph::Sizes& sizes);
  /// Waits and reads an output.
  void read(std::string_view output, std::span<std::byte> bytes) const;

  /// Joins launches that follow each other on a device into one launch each (kernels::Chain), from now on, as
  /// fits the device or `as` says. Throws as make_chain does; launches then stay apart.
  void join_launches(const ProgramSourceLookup& programs, std::optional<kernels::ChainKind> as = {});
  /// Whether one token of zeros gives the same bits either way; if not, launches are apart again. Writes the
  /// first rows of caches.
  bool check_joined();

  /// Called after each step of run(), which is launched by itself then; an empty one costs nothing.
  void observe(Observer observer) { observer_ = std::move(observer); }

  /// Records the steps of each run() from now on, which must lie between begin_call() and end_call(); a run()
  /// then waits for its end. Where launches are joined, calls are recorded step by step and joined in turn:
  /// one launch has no times of its parts. The devices' queues need profiling. nullptr: no longer.
  void profile(Profile* profile) { profile_ = profile; }

  const plan::Plan& plan() const { return *plan_; }
  std::shared_ptr<const plan::Plan> shared_plan() const { return plan_; }
  /// Launches, library calls and copies that a run() queues at most.
  size_t commands() const;

 private:
  struct BoundLaunch {
    cl::Kernel kernel;
    const kernels::Launch* launch;
    cl_uint args_index;
    std::vector<cl::Buffer> buffers;
  };
  struct BoundStep {
    std::vector<cl::Buffer> operands;  ///< inputs, then outputs; kernel arguments do not keep them alive
    cl::Buffer scratch;
    std::vector<BoundLaunch> launches;
  };

  /// Steps [first, end) in one launch.
  struct Joined {
    size_t first;
    size_t end;
    std::unique_ptr<kernels::Chain> chain;
  };

  cl::Buffer locate(graph::ValueId id);
  bool may_write(const graph::Node& node, const kernels::BufferRef& ref) const;
  void add_launches(size_t step, std::vector<kernels::BoundLaunch>& launches) const;
  std::vector<std::vector<std::byte>> answer_to_zeros();
  const graph::Node& node_of(size_t step) const;
  void guarded(size_t step, const std::function<void()>& act) const;
  const cl::Buffer& buffer_of(graph::ValueId id) const { return buffers_.at(static_cast<size_t>(id)); }
  void allocate_arenas();
  cl::Buffer piece(int device, const plan::Slot& slot);
  BoundStep bind(const plan::Step& step, const ProgramSourceLookup& programs);
  void run_steps(const graph::Sizes& sizes, bool join, StepTimer* timer);
  void run_joined(Joined& joined, const graph::Sizes& sizes, StepTimer* timer);
  void run_step(size_t index, const graph::Node& node, const graph::Sizes& sizes, StepTimer* timer);
  void run_by_host(size_t index, const graph::Node& node, const graph::Sizes& sizes);
  void run_launches(BoundStep& bound, const graph::Node& node, const graph::Sizes& sizes, StepTimer* timer);
  void run_copy(const graph::Node& node, const graph::Sizes& sizes);
  void show(const plan::Step& step, const graph::Sizes& sizes) const;
  graph::ValueId named(std::string_view name) const;

  std::shared_ptr<const plan::Plan> plan_;
  const Storage* storage_;
  /// A part of an arena, which all values of one place share.
  struct Piece {
    int device;
    plan::Slot slot;
    cl::Buffer buffer;
  };

  std::vector<cl::Buffer> arenas_;  ///< one a device, empty where no value lies
  std::vector<Piece> pieces_;
  std::vector<cl::Buffer> buffers_;  ///< one a value; they outlive every command that uses them
  std::vector<BoundStep> steps_;
  std::vector<Joined> joined_;      ///< in order
  std::vector<std::byte> staging_;  ///< for copies between devices
  std::map<graph::ValueId, cl::StagedWrite> inputs_;
  Observer observer_;
  Profile* profile_ = nullptr;
  int64_t profiled_calls_ = 0;
};

}  // namespace clinfer::run
