#include "host/run/engine.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <spdlog/spdlog.h>

#include "quant/error.h"

namespace clinfer::run {
namespace {

std::vector<cl::Device> open_devices(const EngineOptions& options) {
  const HostScope scope(options.profile.get(), "open devices");
  std::vector<cl::Device> devices;
  for (const graph::DeviceInfo& info : options.devices)
    devices.emplace_back(info, cl::DeviceOptions{.profiling = options.profile != nullptr});
  return devices;
}

Plans timed_plans(const io::Checkpoint& checkpoint, const EngineOptions& options) {
  const HostScope scope(options.profile.get(), "make plans");
  return make_plans(checkpoint, options);
}

template <typename T>
std::span<const std::byte> as_bytes(const T& values) {
  return std::as_bytes(std::span(values));
}

bool has_states(const graph::Graph& graph) {
  return std::any_of(graph.values.begin(), graph.values.end(), [](const graph::Value& value) {
    return value.cache() != nullptr && value.cache()->is_state();
  });
}

}  // namespace

Engine::Engine(const io::Checkpoint& checkpoint, const EngineOptions& options, cl::ProgramCache& cache,
               const Progress& progress)
    : options_(options), cache_(cache), plans_(timed_plans(checkpoint, options)) {
  batch_tokens_ = plans_.list.front()->most.tokens;
  recurrent_ = has_states(plans_.list.front()->graph);
  storage_ = std::make_unique<Storage>(open_devices(options), plans_.max_context);
  Builds builds;
  for (const Pair* pair : pairs()) ask_for(*plans_.list[pair->first_plan], builds);
  {
    const HostScope scope(profile(), "begin load");
    std::vector<const plan::Plan*> plans;
    for (const auto& plan : plans_.list) plans.push_back(plan.get());
    storage_->begin_load(plans, checkpoint, options.importance.get(), progress, profile());
  }
  const bool later = may_load_decode_later();
  if (!later) ask_for_decode(builds);
  // PoCL does not stand kernels that are launched while others are built: all builds end before the first
  // trial.
  {
    const HostScope scope(profile(), "wait for programs");
    wait_for(builds);
  }
  KernelCheck check(cache, options.verify_kernels);
  for (Pair* pair : pairs()) pair->prefill = bind(pair->first_plan, check);
  if (!later) load_decode();
  wait_for_weights();
  for (Executor* executor : executors()) executor->profile(profile());
  in_use_ = true;
}

std::vector<Engine::Pair*> Engine::pairs() {
  if (plans_.list.size() > 2) return {&main_, &draft_};
  return {&main_};
}

std::vector<Executor*> Engine::executors() const {
  std::vector<Executor*> list;
  for (const Pair* pair : {&main_, &draft_}) {
    for (Executor* executor : {pair->prefill.get(), pair->decode.get()}) {
      if (executor != nullptr) list.push_back(executor);
    }
  }
  return list;
}

void Engine::ask_for(const plan::Plan& plan, Builds& builds) const {
  const HostScope scope(profile(), "ask for programs");
  for (const plan::Step& step : plan.steps) {
    const int device = plan.graph.nodes[static_cast<size_t>(step.node)].device;
    for (const kernels::Launch& launch : step.prepared.launches)
      builds.push_back(cache_.build_async(storage_->device(device), launch.program));
  }
}

void Engine::wait_for(const Builds& builds) {
  bool told = false;
  for (const auto& build : builds) {
    if (told || build.wait_for(std::chrono::milliseconds(500)) == std::future_status::ready) continue;
    spdlog::info("compiling kernels: once for a device and its driver");
    told = true;
  }
  for (const auto& build : builds) build.wait();
}

void Engine::settle_step(plan::Plan& plan, size_t index, KernelCheck& check) {
  const plan::Step& step = plan.steps[index];
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  while (step.variant != nullptr) {
    const std::string& fault = check.fault_of(storage_->device(node.device), plan, step);
    if (fault.empty()) return;
    replace_variant(plan, index, fault);
  }
}

void Engine::replace_variant(plan::Plan& plan, size_t index, const std::string& fault) {
  const plan::Step& step = plan.steps[index];
  const graph::Node& node = plan.graph.nodes[static_cast<size_t>(step.node)];
  const graph::DeviceInfo& device = storage_->device(node.device).info();
  const std::string what = std::string(step.variant->name) + " on " + device.id + " " + fault;
  if (options_.force_variant.contains(graph::name_of(node.op)))
    throw Error(Fault::device, "runtime.force_variant: " + what);
  if (!plan::take_next_variant(plan, index, options_.devices, fault))
    throw Error(Fault::device, "no kernel for " + node.name + " is left: " + what);
  if (warned_.insert(what).second) spdlog::warn("{}; {} takes its place", what, step.variant->name);
}

std::unique_ptr<Executor> Engine::bind(size_t plan, KernelCheck& check) {
  {
    const HostScope scope(profile(), "check kernels");
    for (size_t i = 0; i < plans_.list[plan]->steps.size(); ++i) settle_step(*plans_.list[plan], i, check);
  }
  const HostScope scope(profile(), "bind kernels");
  const auto program = [&](int device, const cl::ProgramSource& source) {
    return cache_.build(storage_->device(device), source);
  };
  return std::make_unique<Executor>(plans_.list[plan], *storage_, program);
}

void Engine::wait_for_weights() {
  const HostScope scope(profile(), "wait for weights");
  storage_->finish_load();
}

int64_t Engine::resume_at(int64_t position, int64_t ran) const {
  if (recurrent_ && position != ran) return 0;
  for (const auto& plan : plans_.list) {
    for (const graph::Value& value : plan->graph.values) {
      const graph::Cache* cache = value.cache();
      if (cache == nullptr || cache->ring == 0) continue;
      // The tokens of a decode call that were drafts may have been refused, and their rows written.
      const int64_t written = ran + kernels::kSmallBatch;
      if (written > cache->ring_first + cache->ring && position < written - batch_tokens_) return 0;
    }
  }
  return position;
}

Executor& Engine::choose(Pair& pair, size_t tokens) {
  if (tokens > static_cast<size_t>(plans_.list[pair.first_plan + 1]->most.tokens)) return *pair.prefill;
  load_decode();
  return *pair.decode;
}

void Engine::observe(const Observer& observer) {
  load_decode();
  for (Executor* executor : executors()) executor->observe(observer);
}

int64_t Engine::bytes_on(size_t device) const {
  int64_t bytes = storage_->bytes_on(static_cast<int>(device));
  for (const auto& plan : plans_.list) bytes += plan->arena_bytes[device];
  return bytes;
}

std::span<const float> Engine::call(Executor& executor, std::span<const int32_t> ids, int64_t position,
                                    std::span<const int32_t> rows) {
  const auto tokens = static_cast<int64_t>(ids.size());
  const graph::Sizes sizes{tokens, static_cast<int64_t>(rows.size()), position + tokens};
  if (profile() != nullptr) profile()->begin_call(executor.shared_plan(), sizes);
  std::vector<int32_t> positions(ids.size());
  std::iota(positions.begin(), positions.end(), static_cast<int32_t>(position));
  executor.write("ids", as_bytes(ids));
  executor.write("positions", as_bytes(positions));
  executor.write("output_rows", as_bytes(rows));
  executor.run(sizes);
  logits_.resize(rows.size() * static_cast<size_t>(plans_.model.vocab_size));
  executor.read("logits", std::as_writable_bytes(std::span(logits_)));
  if (profile() != nullptr) profile()->end_call();
  return logits_;
}

void Engine::check_call(std::span<const int32_t> ids, int64_t position, std::span<const int32_t> rows) const {
  for (int32_t id : ids) {
    if (id < 0 || id >= plans_.model.vocab_size) {
      throw Error(Fault::usage, "token id " + std::to_string(id) + " is outside the vocabulary [0, " +
                                    std::to_string(plans_.model.vocab_size) + ")");
    }
  }
  const auto tokens = static_cast<int64_t>(ids.size());
  if (tokens == 0 || position < 0 || tokens > max_context() - position)
    throw Error(Fault::run, "a call of " + std::to_string(tokens) + " tokens at position " +
                                std::to_string(position) + " does not fit a context of " +
                                std::to_string(max_context()));
  if (recurrent_ && position != 0 && position != next_position_)
    throw Error(Fault::run, "a call begins at position " + std::to_string(position) +
                                ", but the states of recurrent layers go on at 0 or at " +
                                std::to_string(next_position_));
  for (int32_t row : rows) {
    if (row < 0 || row >= tokens)
      throw Error(Fault::run, "row " + std::to_string(row) + " of a call of " + std::to_string(tokens) +
                                  " tokens was asked for");
  }
  if (rows.empty()) throw Error(Fault::run, "a call must ask for one row of logits at least");
}

std::span<const float> Engine::forward(std::span<const int32_t> ids, int64_t position,
                                       std::span<const int32_t> rows) {
  check_call(ids, position, rows);
  last_main_ = &choose(main_, ids.size());
  next_position_ = 0;  // should the call fail half-way, its states are no longer of any token
  const std::span<const float> logits = call(*last_main_, ids, position, rows);
  next_position_ = position + static_cast<int64_t>(ids.size());
  return logits;
}

std::span<const float> Engine::draft(std::span<const int32_t> next_ids, int64_t position) {
  last_draft_ = &choose(draft_, next_ids.size());
  last_draft_->write_from("hidden", *last_main_, "hidden", 0, hidden_bytes(next_ids.size()));
  last_draft_row_ = static_cast<int64_t>(next_ids.size()) - 1;
  const auto last = static_cast<int32_t>(last_draft_row_);
  return call(*last_draft_, next_ids, position, std::span(&last, 1));
}

std::span<const float> Engine::draft_again(int32_t next_id, int64_t position) {
  Executor& executor = choose(draft_, 1);
  executor.write_from("hidden", *last_draft_, "hidden_out", last_draft_row_ * hidden_bytes(1),
                      hidden_bytes(1));
  last_draft_ = &executor;
  last_draft_row_ = 0;
  const int32_t row = 0;
  return call(executor, std::span(&next_id, 1), position, std::span(&row, 1));
}

int64_t Engine::hidden_bytes(size_t rows) const {
  return static_cast<int64_t>(rows) * plans_.model.hidden_size * static_cast<int64_t>(sizeof(float));
}

}  // namespace clinfer::run
