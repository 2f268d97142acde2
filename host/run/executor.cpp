#include "host/run/executor.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "host/kernels/weight_layout.h"
#include "host/run/joined_steps.h"
#include "host/run/step_timer.h"
#include "quant/error.h"

namespace clinfer::run {

Executor::Executor(std::shared_ptr<const plan::Plan> plan, const Storage& storage,
                   const ProgramSourceLookup& programs)
    : plan_(std::move(plan)), storage_(&storage) {
  allocate_arenas();
  for (size_t id = 0; id < plan_->graph.values.size(); ++id)
    buffers_.push_back(locate(static_cast<graph::ValueId>(id)));
  for (const plan::Step& step : plan_->steps) steps_.push_back(bind(step, programs));
}

Executor::~Executor() {
  joined_.clear();
  // NVIDIA's driver (580) crashes when overlapping sub-buffers are released in the order of their creation.
  while (!steps_.empty()) steps_.pop_back();
  while (!buffers_.empty()) buffers_.pop_back();
  while (!pieces_.empty()) pieces_.pop_back();
}

void Executor::allocate_arenas() {
  for (size_t d = 0; d < plan_->arena_bytes.size(); ++d) {
    const int64_t bytes = plan_->arena_bytes[d];
    arenas_.push_back(bytes > 0 ? storage_->device(static_cast<int>(d)).allocate(bytes) : cl::Buffer());
  }
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
    std::vector<cl::Buffer> buffers;
    for (const kernels::BufferRef& ref : launch.buffers) {
      using Kind = kernels::BufferRef::Kind;
      const size_t operand = ref.kind == Kind::output ? node.inputs.size() + ref.index : ref.index;
      buffers.push_back(ref.kind == Kind::scratch ? bound.scratch : bound.operands.at(operand));
      kernel.set(index++, buffers.back());
    }
    if (launch.local_bytes > 0) kernel.set(index + 1, cl::LocalBytes{launch.local_bytes});
    bound.launches.push_back({std::move(kernel), &launch, index, std::move(buffers)});
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
  cl::StagedWrite& staged = inputs_[id];
  staged.bytes().assign(bytes.begin(), bytes.end());
  staged.enqueue(storage_->device(plan_->graph.value(id).device), buffer_of(id));
}

void Executor::write_from(std::string_view input, const Executor& from, std::string_view output,
                          int64_t offset, int64_t bytes) {
  const graph::ValueId to_id = named(input);
  const graph::ValueId from_id = from.named(output);
  const int to_device = plan_->graph.value(to_id).device;
  const int from_device = from.plan_->graph.value(from_id).device;
  // OpenCL refuses to copy between parts of a buffer that overlap.
  const bool overlap = from.buffer_of(from_id).raw() == buffer_of(to_id).raw() && offset < bytes;
  if (to_device == from_device && !overlap) {
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
  if (profile_ == nullptr) {
    run_steps(sizes, !observer_, nullptr);
    return;
  }
  StepTimer timer(*profile_);
  run_steps(sizes, !observer_ && profiled_calls_++ % 2 == 1, &timer);
  timer.finish();
}

void Executor::run_steps(const graph::Sizes& sizes, bool join, StepTimer* timer) {
  auto joined = join ? joined_.begin() : joined_.end();
  for (size_t i = 0; i < steps_.size();) {
    if (joined != joined_.end() && joined->first == i) {
      guarded(i, [&] { run_joined(*joined, sizes, timer); });
      i = joined++->end;
      continue;
    }
    guarded(i, [&] {
      run_step(i, node_of(i), sizes, timer);
      if (observer_) show(plan_->steps[i], sizes);
    });
    ++i;
  }
}

void Executor::run_joined(Joined& joined, const graph::Sizes& sizes, StepTimer* timer) {
  if (timer == nullptr) {
    joined.chain->run(sizes);
    return;
  }
  const int device = node_of(joined.first).device;
  timer->begin(joined.first, joined.end, device);
  storage_->device(device).finish();
  const auto start = Profile::Clock::now();
  joined.chain->run(sizes);
  storage_->device(device).finish();
  timer->by_host(start, Profile::Clock::now());
}

const graph::Node& Executor::node_of(size_t step) const {
  return plan_->graph.nodes[static_cast<size_t>(plan_->steps[step].node)];
}

void Executor::guarded(size_t step, const std::function<void()>& act) const {
  try {
    act();
  } catch (const Error& error) {
    throw Error(error.fault(), plan_->phase + ", " + node_of(step).name + ": " + error.what());
  }
}

/// Caches are inputs of the ops that change them.
bool Executor::may_write(const graph::Node& node, const kernels::BufferRef& ref) const {
  return ref.kind != kernels::BufferRef::Kind::input ||
         plan_->graph.value(node.inputs.at(ref.index)).cache() != nullptr;
}

void Executor::add_launches(size_t step, std::vector<kernels::BoundLaunch>& launches) const {
  const bool knows = knows_context(*plan_, plan_->steps[step]);
  for (const BoundLaunch& b : steps_[step].launches) {
    std::vector<bool> writes;
    for (const kernels::BufferRef& ref : b.launch->buffers) writes.push_back(may_write(node_of(step), ref));
    launches.push_back({b.launch, b.buffers, std::move(writes), knows});
  }
}

void Executor::join_launches(const ProgramSourceLookup& programs, std::optional<kernels::ChainKind> as) {
  const auto info = [&](int index) -> const graph::DeviceInfo& { return storage_->device(index).info(); };
  std::vector<Joined> joined;
  for (const JoinedSteps& steps : joined_steps(*plan_, info, as)) {
    std::vector<kernels::BoundLaunch> launches;
    for (size_t step = steps.first; step < steps.end; ++step) add_launches(step, launches);
    const auto build = [&](const cl::ProgramSource& source) { return programs(steps.device, source); };
    joined.push_back(
        {steps.first, steps.end,
         kernels::make_chain(steps.kind, storage_->device(steps.device), std::move(launches), build)});
  }
  joined_ = std::move(joined);
}

std::vector<std::vector<std::byte>> Executor::answer_to_zeros() {
  constexpr graph::Sizes kOne{1, 1, 1};
  for (graph::ValueId id : plan_->graph.inputs) {
    const graph::Value& value = plan_->graph.value(id);
    storage_->device(value.device).fill(buffer_of(id), 0, 0, kernels::device_bytes(value, kOne));
  }
  run(kOne);
  std::vector<std::vector<std::byte>> answers;
  for (graph::ValueId id : plan_->graph.outputs) {
    const graph::Value& value = plan_->graph.value(id);
    answers.emplace_back(static_cast<size_t>(kernels::device_bytes(value, kOne)));
    storage_->device(value.device).read(buffer_of(id), answers.back());
  }
  return answers;
}

bool Executor::check_joined() {
  if (joined_.empty()) return true;
  const auto answer = answer_to_zeros();
  std::vector<Joined> kept = std::exchange(joined_, {});
  if (answer_to_zeros() != answer) return false;
  joined_ = std::move(kept);
  return true;
}

size_t Executor::commands() const {
  size_t count = joined_.size();
  for (const BoundStep& step : steps_) count += std::max<size_t>(1, step.launches.size());
  for (const Joined& joined : joined_) count -= joined.chain->launches();
  return count;
}

void Executor::run_step(size_t index, const graph::Node& node, const graph::Sizes& sizes, StepTimer* timer) {
  if (timer != nullptr) timer->begin(index, index + 1, node.device);
  const plan::Step& step = plan_->steps[index];
  if (step.variant != nullptr && !step.prepared.library_call) {
    run_launches(steps_[index], node, sizes, timer);
    return;
  }
  if (timer == nullptr) {
    run_by_host(index, node, sizes);
    return;
  }
  storage_->device(node.device).finish();
  const auto start = Profile::Clock::now();
  run_by_host(index, node, sizes);
  storage_->device(node.device).finish();
  timer->by_host(start, Profile::Clock::now());
}

void Executor::run_by_host(size_t index, const graph::Node& node, const graph::Sizes& sizes) {
  const plan::Step& step = plan_->steps[index];
  if (step.variant == nullptr) {
    run_copy(node, sizes);
  } else {
    step.prepared.library_call(storage_->device(node.device), steps_[index].operands, sizes);
  }
}

void Executor::run_launches(BoundStep& bound, const graph::Node& node, const graph::Sizes& sizes,
                            StepTimer* timer) {
  for (BoundLaunch& b : bound.launches) {
    const kernels::Work work = b.launch->work(sizes);
    if (work.groups == 0) continue;
    b.kernel.set_bytes(b.args_index, work.args);
    const size_t local = b.launch->local_size;
    b.kernel.enqueue(storage_->device(node.device),
                     cl::NdRange({static_cast<size_t>(work.groups) * local}, {local}),
                     timer == nullptr ? nullptr : timer->launch(work.groups));
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
