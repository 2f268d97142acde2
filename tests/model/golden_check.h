#pragma once

#include <span>
#include <string>

#include "graph/device_info.h"

namespace clinfer::tests {

/// Hugging Face's float32 logits are that far from ours at most; their own noise is 3e-6 to 1e-5, and a wrong
/// hyper-parameter moves them by 1.3e-3 at least.
inline constexpr double kLogitLimit = 1e-4;
/// Of delta-rule layers, whose state feeds every error back: their noise is 2e-5 to 2e-4.
inline constexpr double kDeltaRuleLimit = 5e-4;

/// A checkpoint's folder with a goldens.safetensors (tests/data/families/make_goldens.py; older ones have the
/// logits of every token as logits_all). Under the interpreter: logits, those of ten tokens alone, router
/// choices. On each device: the text in one call, in chunks of 20 (prefill after prefill) and 7 and token by
/// token (decode), ten tokens alone, and the greedy continuation.
void check_golden(const std::string& folder, std::span<const graph::DeviceInfo> devices);

/// The same model with a cache of that format. Rounding moves the logits by some distance; a quarter of it,
/// or the limit above if that is more, is the most by which a device differs from the interpreter with the
/// same cache, and chunks of 7 or 1 from the text in one call. `devices` may be empty.
void check_cache_format(const std::string& folder, const std::string& format,
                        std::span<const graph::DeviceInfo> devices);

}  // namespace clinfer::tests
