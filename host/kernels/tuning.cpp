#include "host/kernels/tuning.h"

#include <algorithm>

#include "host/kernels/program.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t k2To16[] = {2, 4, 8, 16};
constexpr int64_t k1To16[] = {1, 2, 4, 8, 16};
constexpr int64_t k4To64[] = {4, 8, 16, 32, 64};
constexpr int64_t k16To128[] = {16, 32, 64, 128};
constexpr int64_t k32To128[] = {32, 64, 128};
constexpr int64_t k32To256[] = {32, 64, 128, 256};
constexpr int64_t k32To512[] = {32, 64, 128, 256, 512};
constexpr int64_t k128To1024[] = {128, 256, 512, 1024};
constexpr int64_t k512To8192[] = {512, 1024, 2048, 4096, 8192};

}  // namespace

constexpr TunedConstant kWorkersPerUnit = {
    "workers_per_unit", "workers of a launch for each compute unit", {4, k1To16}, {16, k4To64}};
constexpr TunedConstant kAttentionChunk = {
    "attention_chunk",
    "keys that a worker takes when few tokens attend to a long context",
    {64, k32To512},
    {64, k32To256}};
constexpr TunedConstant kAttentionKeyTile = {
    "attention_key_tile", "keys decoded at a time for a prompt's queries", {64, k32To128}, {}};
constexpr TunedConstant kLinearTileRows = {"linear_tile_rows",
                                           "rows of a weight that a worker multiplies with a prompt's tokens",
                                           {32, k32To128},
                                           {}};
constexpr TunedConstant kLinearTileTokens = {
    "linear_tile_tokens", "tokens of a prompt that a worker takes, of floats", {64, k16To128}, {}};
constexpr TunedConstant kLinearDotTokens = {
    "linear_dot_tokens", "tokens of a prompt that a worker takes, of integers", {128, k32To128}, {}};
constexpr TunedConstant kLinearLanesPerUnit = {
    "linear_lanes_per_unit",
    "lanes for each compute unit that few tokens' matrix products ask for",
    {},
    {2048, k512To8192}};
constexpr TunedConstant kLinearAmxItems = {
    "linear_amx_items",
    "least items for each compute unit that a prompt's products on AMX are cut into",
    {8, k2To16},
    {},
    &graph::Probes::x86_amx_bf16};
constexpr TunedConstant kAttentionMmaChunk = {
    "attention_mma_chunk",
    "least keys that a group takes when few tokens attend to a long context on tensor cores",
    {},
    {256, k128To1024},
    &graph::Probes::wgmma};

namespace {

constexpr const TunedConstant* kAll[] = {&kLinearTileRows, &kLinearTileTokens,   &kLinearDotTokens,
                                         &kLinearAmxItems, &kAttentionKeyTile,   &kWorkersPerUnit,
                                         &kAttentionChunk, &kLinearLanesPerUnit, &kAttentionMmaChunk};

}  // namespace

Choices TunedConstant::choices(const graph::DeviceInfo& device) const {
  if (needs != nullptr && !(device.probes.*needs)) return {};
  return one_item_workers(device) ? on_cpus : on_others;
}

std::span<const TunedConstant* const> tuned_constants() {
  return kAll;
}

const TunedConstant* find_tuned_constant(std::string_view name) {
  const auto* found = std::ranges::find_if(kAll, [&](const TunedConstant* c) { return c->name == name; });
  return found == std::end(kAll) ? nullptr : *found;
}

int64_t tuned(const graph::DeviceInfo& device, const TunedConstant& constant) {
  for (const auto& [name, value] : device.tuning) {
    if (name == constant.name) return value;
  }
  return one_item_workers(device) ? constant.on_cpus.usual : constant.on_others.usual;
}

}  // namespace clinfer::kernels
