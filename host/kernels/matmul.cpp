#include "host/kernels/matmul.h"

#include <limits>

namespace clinfer::kernels {

std::vector<std::string> weight_defines(const OpContext& context, const graph::Weight& weight) {
  std::vector<std::string> defines = {format_definition(weight),
                                      constant("PTX_ASM", context.device.probes.ptx_asm ? 1 : 0)};
  if (weight.format == "fp8_e4m3_128x128") {
    defines.push_back(constant("FP32_DENORMALS", context.device.probes.fp32_denormals ? 1 : 0));
    defines.push_back(constant("PTX_E4M3", context.device.probes.ptx_e4m3 ? 1 : 0));
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

namespace {

/// A unit of include/units.clh: its columns and bytes, and what the start of a row must be aligned to.
struct Unit {
  std::string_view format;
  int64_t cols;
  int64_t row_align;
};
constexpr Unit kUnits[] = {
    {"f32", 4, 16},    {"f16", 4, 8},   {"bf16", 4, 8},  {"fp8_e4m3_128x128", 4, 4},
    {"mxint8", 32, 8}, {"q8_0", 32, 2}, {"q4_0", 32, 2}, {"q4_1", 32, 4},
};

bool has_units(const graph::Weight& weight) {
  for (const Unit& unit : kUnits) {
    if (unit.format != weight.format) continue;
    return weight.cols % unit.cols == 0 && weight_args(weight).row_bytes % unit.row_align == 0;
  }
  return false;
}

}  // namespace

RowsShape rows_shape(const OpContext& context, const graph::Weight& weight, int64_t tokens, bool aligned) {
  if (one_item_workers(context.device)) return {1, 16, {constant("ITEM_ROWS", 16)}};
  if (!aligned || !has_units(weight)) return {128, 4, {constant("ITEM_ROWS", 4)}};  // 32 lanes a row
  int64_t most = 1;
  while (most < std::min(tokens, kSmallBatch)) most *= 2;
  return {128, 8, {constant("ITEM_ROWS", 8), "UNITS", constant("MOST_TOKENS", most)}};
}

int64_t rows_workers(const graph::DeviceInfo& device, int64_t items) {
  return one_item_workers(device) ? worker_count(device, items) : std::max<int64_t>(1, items);
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
