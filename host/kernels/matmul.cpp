#include "host/kernels/matmul.h"

#include <limits>

#include "host/kernels/activation_layout.h"
#include "host/kernels/row_tiles.h"

namespace clinfer::kernels {

std::vector<std::string> weight_defines(const OpContext& context, const graph::Weight& weight) {
  const graph::Probes& probes = context.device.probes;
  std::vector<std::string> defines = {format_definition(weight), constant("PTX_ASM", probes.ptx_asm ? 1 : 0),
                                      constant("FP32_DENORMALS", probes.fp32_denormals ? 1 : 0)};
  if (weight.row_group > 1) {
    defines.push_back(constant("ROW_GROUP", weight.row_group));
    if (weight.format == "f16" || weight.format == "fp8_e4m3_128x128")
      defines.push_back(constant("X86_AVX512", probes.x86_avx512_asm ? 1 : 0));
  }
  if (weight.format == "fp8_e4m3_128x128") defines.push_back(constant("PTX_E4M3", probes.ptx_e4m3 ? 1 : 0));
  return defines;
}

std::vector<std::string> activation_defines(const graph::Type& x) {
  if (x.format.empty()) return {};
  const ActivationLayout layout = activation_layout(x.format, x.cols);
  return {layout.bf16 ? "ACTIVATION_BF16" : layout.integers ? "ACTIVATION_INT8" : "ACTIVATION_E4M3"};
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

/// A unit of include/units.clh: what a row's columns are a multiple of, what its start must be aligned to,
/// and the columns a lane has in flight.
struct Unit {
  std::string_view format;
  int64_t cols;
  int64_t row_align;
  int64_t lane_cols;
};
constexpr Unit kUnits[] = {
    {"f32", 4, 16, 4},     {"f16", 4, 8, 8},    {"bf16", 4, 8, 8},   {"fp8_e4m3_128x128", 4, 4, 16},
    {"mxint8", 32, 8, 16}, {"q8_0", 32, 2, 16}, {"q4_0", 32, 2, 32}, {"q4_1", 32, 4, 32},
};

const Unit* units_of(const graph::Weight& weight) {
  if (weight.row_group > 1 && weight.row_group != kTileRows) return nullptr;
  for (const Unit& unit : kUnits) {
    if (unit.format != weight.format) continue;
    return weight.cols % unit.cols == 0 && weight_args(weight).row_bytes % unit.row_align == 0 ? &unit
                                                                                               : nullptr;
  }
  return nullptr;
}

constexpr int64_t kRun = 8;
constexpr int64_t kMostLanes = 128;  ///< of floats for 8 rows and 8 tokens each: 32 KiB of local memory

/// Lanes that share a run: few where there are many runs, since adding up their parts takes time, but never
/// more than the row has work for.
int64_t lanes_of_run(const graph::DeviceInfo& device, const Unit& unit, const graph::Weight& weight) {
  const int64_t runs = ceil_div(weight.rows, kRun);
  const int64_t most = std::min<int64_t>(kMostLanes, device.max_work_group);
  // What keeps the memory busy.
  const int64_t wanted = device.compute_units * tuned(device, kLinearLanesPerUnit);
  int64_t lanes = 32;
  while (lanes * 2 <= most && runs * lanes < wanted && lanes * 2 * unit.lane_cols <= weight.cols) {
    lanes *= 2;
  }
  return lanes;
}

}  // namespace

bool has_units(const graph::Weight& weight) {
  return units_of(weight) != nullptr;
}

RowsShape rows_shape(const OpContext& context, const graph::Weight& weight, int64_t tokens, bool aligned) {
  if (one_item_workers(context.device)) return {1, 16, {constant("ITEM_ROWS", 16)}};
  const std::string& x = context.input(0).type.format;
  const Unit* unit = aligned && (x.empty() || x == "bf16") ? units_of(weight) : nullptr;
  if (unit == nullptr) return {128, 4, {constant("ITEM_ROWS", 4)}};  // 32 lanes a row
  int64_t most = 1;
  while (most < std::min(tokens, kSmallBatch)) most *= 2;
  return {lanes_of_run(context.device, *unit, weight),
          kRun,
          {constant("ITEM_ROWS", kRun), "UNITS", constant("MOST_TOKENS", most)}};
}

int64_t rows_workers(const graph::DeviceInfo& device, int64_t items) {
  return one_item_workers(device) ? worker_count(device, items) : std::max<int64_t>(1, items);
}

TileShape tile_shape(const graph::DeviceInfo& device) {
  if (one_item_workers(device)) return {1, tuned(device, kLinearTileRows), tuned(device, kLinearTileTokens)};
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
