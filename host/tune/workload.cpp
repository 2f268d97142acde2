#include "host/tune/workload.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "graph/models/decoder.h"
#include "graph/passes/group_rows.h"
#include "graph/passes/quantize_activations.h"
#include "graph/passes/set_cache_format.h"
#include "host/kernels/row_groups.h"
#include "host/run/dummy_checkpoint.h"
#include "quant/error.h"

namespace clinfer::tune {
namespace {

constexpr double kSampleSeconds = 0.02;
constexpr int kMostCalls = 1000;

/// A decoder of the sizes that models of a kind of device have.
graph::Graph decoder_graph(const graph::DeviceInfo& device, int64_t layers, int64_t context) {
  graph::Decoder s;
  s.layers = layers;
  s.hidden = device.is_cpu ? 1024 : 4096;
  s.vocab = 1024;
  s.max_positions = context;
  s.tied = true;
  graph::GroupedAttentionBlock attention;
  attention.hidden = s.hidden;
  attention.head_dim = device.is_cpu ? 64 : 128;
  attention.heads = s.hidden / attention.head_dim;
  attention.kv_heads = attention.heads / 4;
  attention.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(attention.head_dim)));
  s.attention = attention;
  s.mlp.hidden = s.hidden;
  s.mlp.intermediate = s.hidden / 4 * 11;
  graph::LayerKind plain;
  plain.rotary = -1;
  s.kinds.assign(static_cast<size_t>(layers), plain);
  return graph::build_decoder(s).main;
}

/// Chooses the formats as a run's plans have them.
void set_formats(graph::Graph& graph, const WorkloadKind& kind, const graph::DeviceInfo& device) {
  for (graph::Value& value : graph.values) {
    auto* weight = std::get_if<graph::Weight>(&value.source);
    if (weight != nullptr) weight->format = weight->vector ? "f32" : kind.weights;
  }
  if (kind.activations != "keep") graph::quantize_activations(graph, kind.activations);
  graph::set_cache_format(graph, "f16");
  graph::group_rows(graph, kernels::kGroupRows, [&](const graph::Value& weight, const graph::Type& x) {
    return kernels::suits_row_groups(device, *weight.weight(), x);
  });
}

std::string text_of(const kernels::Launch& launch, const graph::Sizes& sizes) {
  std::string text = launch.kernel + " " + std::to_string(launch.local_size);
  for (const std::string& define : launch.program.defines) text += " " + define;
  const kernels::Work work = launch.work(sizes);
  text += " " + std::to_string(work.groups) + " ";
  for (const std::byte byte : work.args) text += static_cast<char>(byte);
  return text + "\n";
}

/// What `make` gives; nothing where the device does not carry it out.
std::unique_ptr<run::Executor> attempt(const std::function<std::unique_ptr<run::Executor>()>& make) {
  try {
    return make();
  } catch (const Error& error) {
    if (error.fault() != Fault::device && error.fault() != Fault::run) throw;
    return nullptr;
  }
}

template <typename T>
std::span<const std::byte> as_bytes(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

}  // namespace

std::vector<WorkloadKind> workload_kinds(const graph::DeviceInfo& device) {
  const bool integers = !device.is_cpu || device.probes.x86_vnni_asm;
  const graph::Sizes prompt{512, 1, 512};
  const graph::Sizes token{1, 1, 2048};
  std::vector<WorkloadKind> kinds = {{"prompt, f16", "f16", "keep", 1, prompt, 512}};
  if (integers) kinds.push_back({"prompt, q8_0 and int8_g32", "q8_0", "int8_g32", 1, prompt, 512});
  if (!device.is_cpu || !integers) {
    kinds.push_back({"token, q8_0", "q8_0", "keep", device.is_cpu ? 6 : 2, token, 4096});
  } else {
    kinds.push_back({"token, q8_0 and int8_g32", "q8_0", "int8_g32", 6, token, 4096});
  }
  return kinds;
}

Workload::Workload(const WorkloadKind& kind, const cl::Device& device, cl::ProgramCache& programs)
    : kind_(kind),
      device_(&device),
      programs_(&programs),
      graph_(decoder_graph(device.info(), kind.layers, kind.context)) {
  const run::DummyCheckpoint checkpoint(graph_);
  set_formats(graph_, kind_, device.info());
  const std::shared_ptr<plan::Plan> plan = lowered({});
  storage_.emplace(std::vector<cl::Device>{device}, kind_.context);
  storage_->begin_load({plan.get()}, checkpoint, nullptr, {}, nullptr);
  storage_->finish_load();
  for (size_t id = 0; id < graph_.values.size(); ++id) {
    const graph::Value& value = graph_.values[id];
    if (value.cache() == nullptr) continue;
    const cl::Buffer& buffer = storage_->buffer(graph_, static_cast<graph::ValueId>(id));
    device.fill(buffer, 0, 0, buffer.bytes());
  }
}

std::shared_ptr<plan::Plan> Workload::lowered(const Constants& constants) const {
  graph::DeviceInfo info = device_->info();
  info.tuning = constants;
  const bool few = kind_.sizes.tokens <= kernels::kSmallBatch;
  graph::Sizes most{few ? kernels::kSmallBatch : kind_.sizes.tokens, few ? kernels::kSmallBatch : 1,
                    kind_.context};
  return std::make_shared<plan::Plan>(plan::lower(graph_, {info}, {kind_.name, most, {}}));
}

std::string Workload::launches(const Constants& constants) const {
  const std::shared_ptr<plan::Plan> plan = lowered(constants);
  std::string text;
  for (const plan::Step& step : plan->steps) {
    for (const kernels::Launch& launch : step.prepared.launches) text += text_of(launch, kind_.sizes);
  }
  return text;
}

std::unique_ptr<run::Executor> Workload::built(const std::shared_ptr<plan::Plan>& plan) {
  const auto program = [&](int, const cl::ProgramSource& source) {
    return programs_->build(*device_, source);
  };
  return attempt([&] {
    auto executor = std::make_unique<run::Executor>(plan, *storage_, program);
    if (kind_.sizes.tokens > kernels::kSmallBatch) return executor;
    attempt([&] {  // where it cannot be, each kernel is launched by itself, as in a run
      executor->join_launches(program);
      return nullptr;
    });
    return executor;
  });
}

std::unique_ptr<run::Executor> Workload::warm(std::unique_ptr<run::Executor> executor) {
  if (executor == nullptr) return nullptr;
  return attempt([&] {
    call(*executor, 1);
    return std::move(executor);
  });
}

void Workload::call(run::Executor& executor, int times) const {
  const auto tokens = static_cast<size_t>(kind_.sizes.tokens);
  const std::vector<int32_t> ids(tokens, 1);
  const std::vector<int32_t> rows = {0};
  std::vector<int32_t> positions(tokens);
  std::iota(positions.begin(), positions.end(),
            static_cast<int32_t>(kind_.sizes.context - kind_.sizes.tokens));
  for (int i = 0; i < times; ++i) {  // a run may use the inputs' memory for other things
    executor.write("ids", as_bytes(ids));
    executor.write("positions", as_bytes(positions));
    executor.write("output_rows", as_bytes(rows));
    executor.run(kind_.sizes);
  }
  device_->finish();
}

void Workload::prepare(const std::vector<Constants>& sets) {
  executors_.clear();
  // PoCL does not stand kernels that are launched while others are built.
  for (const Constants& constants : sets) executors_.push_back(built(lowered(constants)));
  for (std::unique_ptr<run::Executor>& executor : executors_) executor = warm(std::move(executor));
  calls_ = 1;
  double longest = 0;
  for (size_t i = 0; i < executors_.size(); ++i) {
    const double took = seconds(i);
    if (std::isfinite(took)) longest = std::max(longest, took);
  }
  if (longest > 0) calls_ = std::clamp(static_cast<int>(kSampleSeconds / longest), 1, kMostCalls);
}

double Workload::seconds(size_t index) {
  if (executors_.at(index) == nullptr) return std::numeric_limits<double>::infinity();
  const auto start = std::chrono::steady_clock::now();
  call(*executors_[index], calls_);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return took.count() / calls_;
}

}  // namespace clinfer::tune
