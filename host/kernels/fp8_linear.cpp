#include "host/kernels/fp8_linear.h"

#include <algorithm>

#include "cl_kernels/args/fp8_linear_args.h"
#include "host/kernels/fp8_matmul.h"
#include "host/kernels/matmul.h"
#include "host/kernels/nvidia_launch.h"
#include "host/kernels/row_tiles.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kTile = 128;  ///< rows of x and of W, columns of a scale
/// wgmma cuts E4M3 products to 13 bits below the largest of a step's, which Linear's limit allows for where
/// it grows with the columns: of fewer it is too close.
constexpr int64_t kLeastCols = 1024;
constexpr int64_t kBandBytes = int64_t{32} << 20;  ///< of x that stay in L2 while W passes
constexpr int64_t kMost = int64_t{1} << 24;
constexpr int64_t kAlign = 1024;
constexpr std::string_view kRounded = "fp8_e4m3_1x128";

int64_t round_up(int64_t n, int64_t to) {
  return ceil_div(n, to) * to;
}

/// Of Glu the gate's.
const graph::Weight& weight_of(const OpContext& context) {
  return *context.input(1).weight();
}

const graph::Glu* gated(const OpContext& context) {
  return std::get_if<graph::Glu>(&context.node.op);
}

Fp8LinearArgs make_args(const OpContext& context) {
  const Fp8Workspace at = fp8_workspace(context);
  Fp8LinearArgs args{};
  args.weight = weight_args(weight_of(context));
  args.x_at = at.x_at;
  args.scales_at = at.scales_at;
  args.has_bias = gated(context) == nullptr && context.has_input(2) ? 1 : 0;
  return args;
}

using Groups = int64_t (*)(const Fp8LinearArgs&, const Fp8Plan&);

/// A launch whose groups are `groups` of the call's tiles.
Launch launch_of(const OpContext& context, const std::string& stem, std::vector<std::string> defines,
                 std::vector<BufferRef> buffers, size_t local_size, Groups groups) {
  Launch launch = make_nvidia_launch(stem, std::move(defines), std::move(buffers), local_size);
  launch.work = [args = make_args(context), dim = context.input(0).type.rows, device = context.device,
                 both = gated(context) != nullptr, groups](const graph::Sizes& sizes) {
    Fp8LinearArgs call = args;
    const int64_t tokens = sizes.of(dim);
    const Fp8Shape shape{tokens, int64_t{args.weight.rows} * (both ? 2 : 1), args.weight.cols};
    const Fp8Plan plan = both ? fp8_wide_plan(device, shape) : fp8_plan(device, shape);
    call.tiles = {static_cast<i32>(tokens), static_cast<i32>(shape.n), args.weight.cols,
                  static_cast<i32>(plan.whole), static_cast<i32>(plan.parts)};
    return Work{groups(call, plan), bytes_of(call)};
  };
  return launch;
}

int64_t fragment_groups(const Fp8LinearArgs& args, const Fp8Plan&) {
  return round_up(args.tiles.m, kTile) / 64 * (args.tiles.k / kTile);
}
template <int64_t kCols>
int64_t multiply_groups(const Fp8LinearArgs&, const Fp8Plan& plan) {
  return plan.cols == kCols ? plan.groups : 0;
}

/// Of Glu, besides what the gate's product needs.
Support supports_gate(const graph::Weight& gate, std::string_view format) {
  if (format != kRounded) return Support::no("for results in fp8_e4m3_1x128");
  if (gate.rows % kTile != 0) return Support::no("its rows are no multiple of 128");
  if (2 * gate.rows > kMost) return Support::no("a size is more than 2^24");
  return Support::yes();
}

}  // namespace

Fp8Workspace fp8_workspace(const OpContext& context) {
  const int64_t cols = weight_of(context).cols;
  const int64_t rows = round_up(context.most.of(context.input(0).type.rows), kTile);
  // Cut tiles' parts are at most one a unit, of two tiles of floats.
  const int64_t sums = std::max<int64_t>(1, context.device.compute_units) * 2 * kTile * kTile * 4;
  Fp8Workspace at{};
  at.x_at = round_up(TILE_COUNTERS * 4 + sums, kAlign);
  at.scales_at = at.x_at + rows * cols;
  at.bytes = at.scales_at + rows * (cols / kTile) * 4;
  return at;
}

Support suits_fp8_wgmma(const graph::Weight& weight, const graph::Type& x) {
  if (x.format != kRounded || weight.format != "fp8_e4m3_128x128")
    return Support::no("for weights in fp8_e4m3_128x128 and activations in fp8_e4m3_1x128");
  if (weight.cols % kTile != 0) return Support::no("its columns are no multiple of 128");
  if (weight.cols < kLeastCols) return Support::no("for 1024 columns or more");
  if (weight.cols > kMost || weight.rows > kMost) return Support::no("a size is more than 2^24");
  return Support::yes();
}

bool suits_fp8_gates(const graph::DeviceInfo& device, const graph::Weight& gate, const graph::Weight& up,
                     const graph::Type& x) {
  return device.probes.wgmma && suits_fp8_wgmma(gate, x).ok && suits_fp8_wgmma(up, x).ok &&
         supports_gate(gate, x.format).ok;
}

Support supports_fp8_tiles(const OpContext& context, size_t matrix) {
  if (!context.device.probes.wgmma) return Support::no("the device has no wgmma");
  const Support readable = supports_weight(context, matrix);
  if (!readable.ok) return readable;
  const graph::Weight& weight = *context.input(matrix).weight();
  const Support suits = suits_fp8_wgmma(weight, context.input(0).type);
  if (!suits.ok) return suits;
  if (weight.row_group != kTileRows) return Support::no("its rows do not lie in tiles");
  return Support::yes();
}

Support supports_linear_fp8_wgmma(const OpContext& context) {
  const Support tiles = supports_fp8_tiles(context, 1);
  if (!tiles.ok) return tiles;
  const int64_t tokens = context.most.of(context.input(0).type.rows);
  if (tokens <= kSmallBatch) return Support::no("for more than 8 tokens");
  if (tokens > kMost) return Support::no("a size is more than 2^24");
  return Support::yes();
}

Prepared prepare_linear_fp8_wgmma(const OpContext& context) {
  const std::string ptx = constant("PTX_ASM", context.device.probes.ptx_asm ? 1 : 0);
  Prepared prepared;
  prepared.launches.push_back(
      launch_of(context, "fp8_fragments", {ptx}, {input_ref(0), scratch_ref()}, 128, fragment_groups));
  const int64_t band = std::clamp<int64_t>(kBandBytes / (kTile * weight_of(context).cols), 8, 32);
  const auto multiply = [&](int64_t cols, Groups groups) {
    std::vector<std::string> defines = {constant("COLS", cols), constant("BAND", band),
                                        constant("GATED", gated(context) != nullptr ? 1 : 0)};
    if (const graph::Glu* op = gated(context))
      defines.push_back(constant("GATE", static_cast<int64_t>(op->activation)));
    Launch launch =
        launch_of(context, "fp8_linear", std::move(defines),
                  {input_ref(1), scratch_ref(), scratch_ref(), optional_input_ref(context, 2), output_ref(0)},
                  384, groups);
    launch.program.sm_90a = true;
    prepared.launches.push_back(std::move(launch));
  };
  if (gated(context) == nullptr) multiply(1, multiply_groups<1>);
  multiply(2, multiply_groups<2>);
  prepared.scratch_bytes = fp8_workspace(context).bytes;
  return prepared;
}

Support supports_glu_fp8_wgmma(const OpContext& context) {
  if (!context.has_input(2)) return Support::no("gate and up are no matrices");
  const Support product = supports_linear_fp8_wgmma(context);
  if (!product.ok) return product;
  const graph::Weight& up = *context.input(2).weight();
  if (!suits_fp8_wgmma(up, context.input(0).type).ok || up.row_group != kTileRows)
    return Support::no("gate and up are held in different ways");
  return supports_gate(weight_of(context), context.output(0).type.format);
}

Prepared prepare_glu_fp8_wgmma(const OpContext& context) {
  return prepare_linear_fp8_wgmma(context);
}

}  // namespace clinfer::kernels
