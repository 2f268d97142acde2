#pragma once

#include <string>

#include "graph/device_info.h"

namespace clinfer::tests {

/// A trained model's folder with a reference.safetensors of texts N: input_ids.N, logits.N or logits.N.tail
/// (the last rows), mtp_logits.N. Checks the interpreter and a device; rows of tokens whose routing margin is
/// below 1e-5 may differ and are counted.
void check_trained(const std::string& folder, const graph::DeviceInfo& device, bool draft);

}  // namespace clinfer::tests
