#include "host/kernels/integer_dot.h"

#include <algorithm>

#include "host/kernels/activation_layout.h"

namespace clinfer::kernels {

namespace {

/// The formats of include/integer_codes.clh.
constexpr std::string_view kFormats[] = {
    "mxint8", "int8_row", "int8_g32", "int8_g128", "int4_g128", "q8_0",   "int4_g128_asym", "q4_0",
    "q4_1",   "q5_0",     "q5_1",     "q4_k",      "q5_k",      "iq4_nl", "mxfp4",          "gguf_mxfp4"};

constexpr int64_t kBlock = 32;

}  // namespace

Support supports_integer_dot(const OpContext& context, size_t input) {
  const Support readable = supports_weight(context, input);
  if (!readable.ok) return readable;
  const graph::Type& x = context.input(0).type;
  const graph::Weight& weight = *context.input(input).weight();
  if (x.format.empty() || !activation_layout(x.format, x.cols).integers)
    return Support::no("for int8 activations");
  if (std::ranges::find(kFormats, weight.format) == std::end(kFormats))
    return Support::no("weights in " + weight.format + " are not integers with a step for 32");
  if (weight.cols % kBlock != 0) return Support::no("its columns are no multiple of 32");
  return Support::yes();
}

Support supports_dot_of_rows(const OpContext& context, size_t input) {
  const Support integers = supports_integer_dot(context, input);
  if (!integers.ok) return integers;
  if (one_item_workers(context.device) && !context.device.probes.x86_vnni_asm &&
      context.input(input).weight()->row_group == 1)
    return Support::no("the device has no VNNI and its rows lie apart; floats are faster");
  return Support::yes();
}

std::vector<std::string> integer_dot_defines(const OpContext& context) {
  return {"INTEGER_DOT", constant("X86_VNNI", context.device.probes.x86_vnni_asm ? 1 : 0)};
}

RowsShape dot_rows_shape(const OpContext& context) {
  const int64_t rows = one_item_workers(context.device) ? 16 : 4;
  std::vector<std::string> defines = integer_dot_defines(context);
  defines.push_back(constant("ITEM_ROWS", rows));
  return {one_item_workers(context.device) ? 1 : 128, rows, std::move(defines)};
}

TileShape dot_tile_shape(const graph::DeviceInfo& device) {
  if (one_item_workers(device)) return {1, 32, tuned(device, kLinearDotTokens)};
  return {256, 64, 64};
}

}  // namespace clinfer::kernels
