#include "host/run/executor.h"

#include <cstdlib>

#include "host/kernels/weight_layout.h"
#include "quant/error.h"

namespace clinfer::run {

Executor::Executor(std::shared_ptr<const plan::Plan> plan, const Storage& storage,
                   std::vector<cl::Buffer> arenas, const ProgramSourceLookup& programs)
    : plan_(std::move(plan)), storage_(&storage), arenas_(std::move(arenas)) {
  for (size_t id = 0; id < plan_->graph.values.size(); ++id)
    buffers_.push_back(locate(static_cast<graph::ValueId>(id)));
  for (const plan::Step& step : plan_->steps) steps_.push_back(bind(step, programs));
}

Executor::~Executor() {
  // NVIDIA's driver (580) crashes when overlapping sub-buffers are released in the order of their creation.
  while (!steps_.empty()) steps_.pop_back();
  while (!buffers_.empty()) buffers_.pop_back();
  while (!pieces_.empty()) pieces_.pop_back();
}

cl::Buffer Executor::piece(int device, const plan::Slot& slot) {
  for (const Piece& known : pieces_) {
    if (known.device == device && known.slot.offset == slot.offset && known.slot.bytes == slot.bytes)
      return known.buffer;
  }
  pieces_.push_back({device, slot, arenas_.at(static_cast<size_t>(device)).sub(slot.offset, slot.bytes)});
  return pieces_.back().buffer;
}

cl::Buffer Executor::locate(graph::ValueId id) {
  const plan::Slot& slot = plan_->slots.at(static_cast<size_t>(id));
  return slot.offset < 0 ? storage_->buffer(plan_->graph, id) : piece(plan_->graph.value(id).device, slot);
}

Executor::BoundStep Executor::bind(const plan::Step& step, const ProgramSourceLookup& programs) {
  const graph::Node& node = plan_->graph.nodes[static_cast<size_t>(step.node)];
  BoundStep bound;
  for (graph::ValueId id : node.inputs) bound.operands.push_back(buffer_of(id));
  for (graph::ValueId id : node.outputs) bound.operands.push_back(buffer_of(id));
  if (step.scratch.bytes > 0) bound.scratch = piece(node.device, step.scratch);
  for (const kernels::Launch& launch : step.prepared.launches) {
    cl::Kernel kernel(programs(node.device, launch.program), launch.kernel);
    cl_uint index = 0;
    for (const kernels::BufferRef& ref : launch.buffers) {
      using Kind = kernels::BufferRef::Kind;
      const size_t operand = ref.kind == Kind::output ? node.inputs.size() + ref.index : ref.index;
      kernel.set(index++, ref.kind == Kind::scratch ? bound.scratch : bound.operands.at(operand));
    }
    if (launch.local_bytes > 0) kernel.set(index + 1, cl::LocalBytes{launch.local_bytes});
    bound.launches.push_back({std::move(kernel), &launch, index});
  }
  return bound;
}

graph::ValueId Executor::named(std::string_view name) const {
  const graph::ValueId id = plan_->graph.find(name);
  if (id < 0)
    throw Error(Fault::run,
                "graph " + plan_->graph.name + " has no input or output \"" + std::string(name) + "\"");
  return id;
}

void Executor::write(std::string_view input, std::span<const std::byte> bytes) {
  const graph::ValueId id = named(input);
  storage_->device(plan_->graph.value(id).device).write(buffer_of(id), bytes);
}

void Executor::write_from(std::string_view input, const Executor& from, std::string_view output,
                          int64_t offset, int64_t bytes) {
  const graph::ValueId to_id = named(input);
  const graph::ValueId from_id = from.named(output);
  const int to_device = plan_->graph.value(to_id).device;
  const int from_device = from.plan_->graph.value(from_id).device;
  const plan::Slot& source = from.plan_->slots[static_cast<size_t>(from_id)];
  const plan::Slot& target = plan_->slots[static_cast<size_t>(to_id)];
  const bool same_arena = to_device == from_device && arenas_[static_cast<size_t>(to_device)].raw() ==
                                                          from.arenas_[static_cast<size_t>(to_device)].raw();
  const int64_t distance = std::abs(source.offset + offset - target.offset);
  // OpenCL refuses to copy between pieces of one allocation that overlap.
  if (to_device == from_device && !(same_arena && distance < bytes)) {
    storage_->device(to_device).copy(from.buffer_of(from_id), offset, buffer_of(to_id), 0, bytes);
    return;
  }
  staging_.resize(static_cast<size_t>(bytes));
  storage_->device(from_device).read(from.buffer_of(from_id), staging_, offset);
  write(input, staging_);
}

void Executor::run(const graph::Sizes& sizes) {
  const graph::Sizes& most = plan_->most;
  if (sizes.tokens > most.tokens || sizes.outputs > most.outputs || sizes.context > most.context) {
    throw Error(Fault::run, "a call of " + std::to_string(sizes.tokens) + " tokens at context " +
                                std::to_string(sizes.context) + " exceeds the " + plan_->phase + " plan");
  }
  for (size_t i = 0; i < steps_.size(); ++i) {
    const graph::Node& node = plan_->graph.nodes[static_cast<size_t>(plan_->steps[i].node)];
    try {
      run_step(i, node, sizes);
      if (observer_) show(plan_->steps[i], sizes);
    } catch (const Error& error) {
      throw Error(error.fault(), plan_->phase + ", " + node.name + ": " + error.what());
    }
  }
}

void Executor::run_step(size_t index, const graph::Node& node, const graph::Sizes& sizes) {
  const plan::Step& step = plan_->steps[index];
  if (step.variant == nullptr) {
    run_copy(node, sizes);
  } else if (step.prepared.library_call) {
    step.prepared.library_call(storage_->device(node.device), steps_[index].operands, sizes);
  } else {
    run_launches(steps_[index], node, sizes);
  }
}

void Executor::run_launches(BoundStep& bound, const graph::Node& node, const graph::Sizes& sizes) {
  for (BoundLaunch& b : bound.launches) {
    const kernels::Work work = b.launch->work(sizes);
    if (work.groups == 0) continue;
    b.kernel.set_bytes(b.args_index, work.args);
    const size_t local = b.launch->local_size;
    b.kernel.enqueue(storage_->device(node.device),
                     cl::NdRange({static_cast<size_t>(work.groups) * local}, {local}));
  }
}

void Executor::run_copy(const graph::Node& node, const graph::Sizes& sizes) {
  const graph::ValueId from = node.inputs.front();
  const graph::ValueId to = node.outputs.front();
  const auto bytes = static_cast<size_t>(kernels::device_bytes(plan_->graph.value(from), sizes));
  staging_.resize(bytes);
  storage_->device(plan_->graph.value(from).device).read(buffer_of(from), staging_);
  storage_->device(node.device).write(buffer_of(to), staging_);
}

void Executor::show(const plan::Step& step, const graph::Sizes& sizes) const {
  observer_(StepView(*plan_, step, sizes, [&](graph::ValueId id) {
    const graph::Value& value = plan_->graph.value(id);
    std::vector<std::byte> bytes(static_cast<size_t>(kernels::device_bytes(value, sizes)));
    storage_->device(value.device).read(buffer_of(id), bytes);
    return bytes;
  }));
}

void Executor::read(std::string_view output, std::span<std::byte> bytes) const {
  const graph::ValueId id = named(output);
  storage_->device(plan_->graph.value(id).device).read(buffer_of(id), bytes);
}

}  // namespace clinfer::run
