#pragma once

#include <string>

#include "graph/device_info.h"

namespace clinfer::tests {

/// Hugging Face's float32 logits are that far from ours at most; their own noise is 3e-6 to 1e-5, and a wrong
/// hyper-parameter moves them by 1.6e-3 at least.
inline constexpr double kLogitLimit = 1e-4;

/// A folder with a checkpoint and goldens.safetensors, as in tests/data/families, under the interpreter:
/// logits, the first ten tokens alone, router choices.
void check_interpreter(const std::string& folder);

/// The same model on a device: the text in one call, in chunks of 20 (prefill after prefill) and 7 and token
/// by token (decode), and the greedy continuation.
void check_device(const std::string& folder, const graph::DeviceInfo& device);

}  // namespace clinfer::tests
