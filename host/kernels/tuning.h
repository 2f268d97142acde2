#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "graph/device_info.h"

namespace clinfer::kernels {

/// What a constant may be on one kind of device. No candidates: no variant uses it there.
struct Choices {
  int64_t usual = 0;                      ///< where nothing was measured
  std::span<const int64_t> candidates{};  ///< ascending; `usual` is one of them
};

/// A number that kernel variants take from measurements on the device where there are any
/// (DeviceInfo::tuning). Any candidate gives right answers, and few tokens their bits whatever else is in a
/// call; sums may be added up in another order.
struct TunedConstant {
  std::string_view name;                 ///< in files of constants
  std::string_view what;                 ///< one line: meaning and unit
  Choices on_cpus;                       ///< where one work-item is a worker
  Choices on_others;                     ///< where lanes cooperate
  bool graph::Probes::*needs = nullptr;  ///< a probe without which nothing uses it

  /// Those of the device's kind; without candidates where the probe is missing.
  Choices choices(const graph::DeviceInfo& device) const;
};

extern const TunedConstant kWorkersPerUnit;
extern const TunedConstant kAttentionChunk;
extern const TunedConstant kAttentionKeyTile;
extern const TunedConstant kLinearTileRows;
extern const TunedConstant kLinearTileTokens;
extern const TunedConstant kLinearDotTokens;
extern const TunedConstant kLinearAmxItems;
extern const TunedConstant kLinearLanesPerUnit;
extern const TunedConstant kAttentionMmaChunk;

/// All, in the order in which they are best measured: later ones build upon earlier.
std::span<const TunedConstant* const> tuned_constants();
/// nullptr when there is none of that name.
const TunedConstant* find_tuned_constant(std::string_view name);

/// What was measured on the device, else the usual value.
int64_t tuned(const graph::DeviceInfo& device, const TunedConstant& constant);

}  // namespace clinfer::kernels
