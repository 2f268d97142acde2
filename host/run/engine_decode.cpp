// What an engine needs for calls of few tokens: executors of their own, whose launches may be joined.
#include <array>

#include <spdlog/spdlog.h>

#include "host/run/engine.h"
#include "host/run/joined_check.h"
#include "quant/error.h"

namespace clinfer::run {

bool Engine::worth_joining() const {
  if (!options_.join_from_bytes) return false;
  for (size_t d = 0; d < storage_->devices(); ++d) {
    if (storage_->bytes_on(static_cast<int>(d)) >= *options_.join_from_bytes) return true;
  }
  return false;
}

std::vector<ChainProgram> Engine::chains_of(const plan::Plan& plan) const {
  const auto info = [&](int index) -> const graph::DeviceInfo& { return storage_->device(index).info(); };
  return chain_programs(plan, info, options_.join_as);
}

void Engine::ask_for_decode(Builds& builds) const {
  for (size_t p = 1; p < plans_.list.size(); p += 2) {
    ask_for(*plans_.list[p], builds);
    if (!worth_joining()) continue;
    for (const ChainProgram& chain : chains_of(*plans_.list[p]))
      builds.push_back(cache_.build_async(storage_->device(chain.device), chain.source));
  }
}

/// Whether the answer of the plan's joined launches need not be compared. Of groups that is not known before
/// they are made.
bool Engine::knows_joined(const plan::Plan& plan) const {
  const auto info = [&](int index) -> const graph::DeviceInfo& { return storage_->device(index).info(); };
  const std::vector<ChainProgram> chains = chains_of(plan);
  if (chains.size() != joined_steps(plan, info, options_.join_as).size()) return false;
  std::vector<cl::Digest> keys;
  keys.reserve(chains.size());
  for (const ChainProgram& chain : chains)
    keys.push_back(cache_.key(storage_->device(chain.device), chain.source));
  return !options_.verify_kernels || chains.empty() ||
         cache_.disk().load(joined_key(plan, options_.devices, keys)).has_value();
}

/// Where a program has to be compiled, that had better happen beside the others.
bool Engine::may_load_decode_later() const {
  if (!options_.decode_later) return false;
  const HostScope scope(profile(), "look for programs");
  std::vector<std::shared_future<bool>> stored;
  for (size_t p = 1; p < plans_.list.size(); p += 2) {
    const plan::Plan& plan = *plans_.list[p];
    for (const plan::Step& step : plan.steps) {
      const int device = plan.graph.nodes[static_cast<size_t>(step.node)].device;
      for (const kernels::Launch& launch : step.prepared.launches)
        stored.push_back(cache_.stored_async(storage_->device(device), launch.program));
    }
    if (!worth_joining()) continue;
    for (const ChainProgram& chain : chains_of(plan))
      stored.push_back(cache_.stored_async(storage_->device(chain.device), chain.source));
  }
  for (const auto& program : stored) {
    if (!program.get()) return false;
  }
  for (size_t p = 1; worth_joining() && p < plans_.list.size(); p += 2) {
    if (!knows_joined(*plans_.list[p])) return false;
  }
  return true;
}

void Engine::load_decode() {
  if (main_.decode != nullptr) return;
  if (in_use_) {
    Builds builds;
    ask_for_decode(builds);
    wait_for(builds);
  }
  KernelCheck check(cache_, options_.verify_kernels);
  for (Pair* pair : pairs()) pair->decode = bind(pair->first_plan + 1, check);
  const std::vector<Joining> joined = worth_joining() ? join_launches() : std::vector<Joining>();
  wait_for_weights();
  for (const Joining& joining : joined) check_joined(joining);
  for (Executor* executor : executors()) executor->profile(profile());
}

std::vector<Engine::Joining> Engine::join_launches() const {
  const HostScope scope(profile(), "join launches");
  std::vector<Joining> joined;
  for (const Pair* pair : {&main_, &draft_}) {
    if (pair->decode == nullptr || (in_use_ && !knows_joined(pair->decode->plan()))) continue;
    std::vector<cl::Digest> keys;
    const auto program = [&](int index, const cl::ProgramSource& source) {
      cl::Program built = cache_.build(storage_->device(index), source);
      keys.push_back(cache_.key(storage_->device(index), source));
      return built;
    };
    try {
      pair->decode->join_launches(program, options_.join_as);
      joined.push_back({pair->decode.get(), joined_key(pair->decode->plan(), options_.devices, keys)});
    } catch (const Error& error) {
      spdlog::warn("each kernel is launched by itself: {}", error.what());
    }
  }
  return joined;
}

void Engine::check_joined(const Joining& joining) const {
  constexpr std::array<std::byte, 1> kPassed{std::byte{1}};
  if (!options_.verify_kernels || cache_.disk().load(joining.key)) return;
  const HostScope scope(profile(), "check joined launches");
  try {
    if (joining.executor->check_joined())
      cache_.disk().store(joining.key, kPassed);
    else
      spdlog::warn("each kernel is launched by itself: joined, they answer differently");
  } catch (const Error& error) {
    spdlog::warn("each kernel is launched by itself: {}", error.what());
  }
}

}  // namespace clinfer::run
