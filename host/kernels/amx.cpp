#include "host/kernels/amx.h"

#include "host/kernels/integer_dot.h"
#include "host/kernels/linear_wgmma.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kInt8Rows = 32;
constexpr int64_t kBf16Rows = 128;
/// Parts leave less than 2^-16 of the products, sums of k at least k + 8 times 2^-21 of room.
constexpr int64_t kLeastCols = 64;
constexpr int64_t kMostTokens = 512;  ///< of an item: a weight is unpacked once for them
constexpr int64_t kLeastTokens = 64;

Support supports_tiles(const OpContext& context, bool probe) {
  if (!probe || !one_item_workers(context.device)) return Support::no("the device has no AMX");
  if (is_small_batch(context)) return Support::no("for more than 8 tokens");
  return Support::yes();
}

TileShape shape_of(const OpContext& context, size_t weight, int64_t tile_rows) {
  const int64_t row_tiles = ceil_div(context.input(weight).weight()->rows, tile_rows);
  // So many that the last ones cost little where units finish apart.
  const int64_t items = tuned(context.device, kLinearAmxItems) * context.device.compute_units;
  int64_t tokens = kMostTokens;
  while (tokens > kLeastTokens && row_tiles * ceil_div(context.most.tokens, tokens) < items) {
    tokens /= 2;
  }
  return {1, tile_rows, tokens};
}

}  // namespace

Support supports_amx_int8(const OpContext& context, size_t weight) {
  const Support tiles = supports_tiles(context, context.device.probes.x86_amx_int8);
  return tiles.ok ? supports_integer_dot(context, weight) : tiles;
}

Support supports_amx_bf16(const OpContext& context, size_t weight) {
  const Support tiles = supports_tiles(context, context.device.probes.x86_amx_bf16);
  if (!tiles.ok) return tiles;
  const Support readable = supports_weight(context, weight);
  if (!readable.ok) return readable;
  if (context.input(weight).weight()->cols < kLeastCols) return Support::no("for 64 columns or more");
  return Support::yes();
}

std::vector<std::string> amx_int8_defines(const OpContext& context) {
  std::vector<std::string> defines = integer_dot_defines(context);
  defines.push_back(constant("AMX", 1));
  return defines;
}

std::vector<std::string> amx_bf16_defines(const OpContext& context, size_t weight) {
  const bool exact = is_exact_in_bf16(context.input(weight).weight()->format);
  return {constant("AMX", 1), constant("WEIGHT_PARTS", exact ? 1 : 2)};
}

TileShape amx_int8_shape(const OpContext& context, size_t weight) {
  return shape_of(context, weight, kInt8Rows);
}

TileShape amx_bf16_shape(const OpContext& context, size_t weight) {
  return shape_of(context, weight, kBf16Rows);
}

}  // namespace clinfer::kernels
