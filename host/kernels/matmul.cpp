#include "host/kernels/matmul.h"

#include <limits>

namespace clinfer::kernels {

std::vector<std::string> weight_defines(const OpContext& context, const graph::Weight& weight) {
  std::vector<std::string> defines = {format_definition(weight)};
  if (weight.format == "fp8_e4m3_128x128") {
    defines.push_back(constant("FP32_DENORMALS", context.device.probes.fp32_denormals ? 1 : 0));
  }
  return defines;
}

Support supports_weight(const OpContext& context, size_t input) {
  const graph::Weight* weight = context.input(input).weight();
  if (weight == nullptr) return Support::no("its matrix is not a weight");
  if (weight->format.empty()) return Support::no("its weight has no format yet");
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (weight->rows > kMost || weight->cols > kMost) return Support::no("more than 2^31 - 1 rows or columns");
  return Support::yes();
}

RowsShape rows_shape(const graph::DeviceInfo& device) {
  if (one_item_workers(device)) return {1, 16};
  return {128, 4};  // 32 lanes a row
}

TileShape tile_shape(const graph::DeviceInfo& device) {
  if (one_item_workers(device)) return {1, 32, 64};
  return {256, 64, 64};
}

Support supports_tile(const OpContext& context) {
  if (one_item_workers(context.device)) return Support::yes();
  if (context.device.max_work_group < 256)
    return Support::no("groups of 256 are more than the device allows");
  if (context.device.local_bytes < 32 * 1024) return Support::no("less than 32 KiB of local memory");
  return Support::yes();
}

}  // namespace clinfer::kernels
