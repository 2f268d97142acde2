#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/device_info.h"
#include "graph/graph.h"
#include "host/cl/buffer.h"
#include "host/cl/context.h"
#include "host/cl/program.h"

namespace clinfer::kernels {

/// A node with all that decides which kernel fits it. `most` are the largest sizes of the plan's phase
/// (decode: tokens <= kSmallBatch; prefill: the batch), so a variant may refuse a phase it is not meant for.
struct OpContext {
  const graph::Graph& graph;
  const graph::Node& node;
  const graph::DeviceInfo& device;
  graph::Sizes most;

  const graph::Value& input(size_t i) const { return graph.value(node.inputs.at(i)); }
  const graph::Value& output(size_t i) const { return graph.value(node.outputs.at(i)); }
  bool has_input(size_t i) const { return i < node.inputs.size(); }
};

/// Up to so many tokens a call counts as decode; kernels chosen for such calls are batch-invariant: a token's
/// result has the same bits whatever else is in the call, so speculative decoding changes no text.
inline constexpr int64_t kSmallBatch = 8;

/// Yes, or no with the reason that plans print.
struct Support {
  bool ok = true;
  std::string reason;
  static Support yes() { return {}; }
  static Support no(std::string why) { return {false, std::move(why)}; }
};

/// Where a kernel's buffer argument comes from.
struct BufferRef {
  enum class Kind { input, output, scratch };
  Kind kind = Kind::input;
  size_t index = 0;  ///< of the node's inputs or outputs
};

/// What one call of a launch needs besides its buffers.
struct Work {
  int64_t groups = 1;           ///< work-groups = workers; bodies stride over their items by it
  std::vector<std::byte> args;  ///< the kernel's args struct, by value
};

/// One kernel launch, skipped when work().groups is 0. Kernel arguments in this order: the buffers, the args
/// struct by value, and when local_bytes > 0 one local pointer of that size.
struct Launch {
  cl::ProgramSource program;
  std::string kernel;  ///< function name
  std::vector<BufferRef> buffers;
  size_t local_size = 1;  ///< work-items of a group (reqd_work_group_size)
  size_t local_bytes = 0;
  std::function<Work(const graph::Sizes&)> work;
};

/// A call into a library in place of a launch (CLBlast): enqueues on the device's queue.
using LibraryCall =
    std::function<void(const cl::Device&, std::span<const cl::Buffer> buffers, const graph::Sizes&)>;

/// A node made ready: its launches in order, and scratch memory that only they use.
struct Prepared {
  std::vector<Launch> launches;
  int64_t scratch_bytes = 0;
  LibraryCall library_call;  ///< instead of launches when set; its buffers are inputs, then outputs
};

/// One way to compute an op. The first variant in an op's list that supports a node is taken; the last is the
/// portable one, OpenCL C 1.2 without extensions.
struct Variant {
  std::string_view name;  ///< "linear/rows"
  Support (*supports)(const OpContext&);
  Prepared (*prepare)(const OpContext&);
};

/// The variants of an op, best first. Empty for composites that a pass must have expanded, and for Copy.
std::span<const Variant> variants_of(const graph::Op& op);

/// The args struct as bytes.
template <typename Args>
std::vector<std::byte> bytes_of(const Args& args) {
  const auto* p = reinterpret_cast<const std::byte*>(&args);
  return {p, p + sizeof(Args)};
}

}  // namespace clinfer::kernels
