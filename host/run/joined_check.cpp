#include "host/run/joined_check.h"

#include <string>

namespace clinfer::run {
namespace {

std::string words(std::initializer_list<int64_t> numbers) {
  std::string text;
  for (const int64_t number : numbers) text += std::to_string(number) + " ";
  return text;
}

std::string place_of(const plan::Plan& plan, graph::ValueId id) {
  const graph::Value& value = plan.graph.value(id);
  const plan::Slot& slot = plan.slots.at(static_cast<size_t>(id));
  return value.name + " " + words({value.device, value.alias_of, slot.offset, slot.bytes});
}

void add_launch(cl::Sha256& hash, const kernels::Launch& launch) {
  const kernels::Work work = launch.work({1, 1, 1});
  hash.field(launch.kernel)
      .field(words({static_cast<int64_t>(launch.local_size), static_cast<int64_t>(launch.local_bytes),
                    work.groups, static_cast<int64_t>(work.args.size())}))
      .bytes(work.args);
  for (const kernels::BufferRef& ref : launch.buffers)
    hash.field(words({static_cast<int64_t>(ref.kind), static_cast<int64_t>(ref.index)}));
}

}  // namespace

cl::Digest joined_key(const plan::Plan& plan, std::span<const graph::DeviceInfo> devices,
                      std::span<const cl::Digest> programs) {
  cl::Sha256 hash;
  hash.field("clinfer joined 2")
      .field(plan.phase)
      .field(words({plan.most.tokens, plan.most.outputs, plan.most.context}));
  for (const cl::Digest& program : programs) hash.bytes(std::as_bytes(std::span(program)));
  for (const graph::DeviceInfo& device : devices) hash.field(device.id + words({device.compute_units}));
  for (const plan::Step& step : plan.steps) {
    const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
    hash.field(
        words({node.device, step.scratch.offset, step.scratch.bytes, std::ssize(step.prepared.launches)}));
    for (const graph::ValueId id : node.inputs) hash.field(place_of(plan, id));
    for (const graph::ValueId id : node.outputs) hash.field(place_of(plan, id));
    for (const kernels::Launch& launch : step.prepared.launches) add_launch(hash, launch);
  }
  return hash.digest();
}

}  // namespace clinfer::run
