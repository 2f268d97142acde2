#include "host/kernels/linear_wgmma.h"

#include <algorithm>

#include "cl_kernels/args/linear_wgmma_args.h"
#include "host/kernels/fp8_matmul.h"
#include "host/kernels/matmul.h"
#include "host/kernels/nvidia_launch.h"
#include "host/kernels/row_tiles.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kTile = 128;  ///< rows of x and of W
constexpr int64_t kBlock = 64;  ///< columns that are packed together
/// Two parts of x and of W leave 2^-15 of their products, sums of k less than a tenth of Linear's limit:
/// together within it from 94 columns on.
constexpr int64_t kLeastCols = 128;
constexpr int64_t kLeastWork = int64_t{1} << 26;  ///< multiplications; of less, three launches are most
constexpr int64_t kBand = 8;                      ///< tiles of rows that share W's tiles in L2
constexpr int64_t kMost = int64_t{1} << 24;       ///< of rows and columns
constexpr int64_t kWorkspaceAlign = 1024;

int64_t round_up(int64_t n, int64_t to) {
  return ceil_div(n, to) * to;
}

const graph::Weight& weight_of(const OpContext& context) {
  return *context.input(1).weight();
}

int64_t weight_parts(const graph::Weight& weight) {
  return is_exact_in_bf16(weight.format) ? 1 : 2;
}

int64_t x_parts_of(const OpContext& context) {
  return is_exact_in_bf16(context.input(0).type.format) ? 1 : 2;
}

bool is_packed_in_calls(const graph::Weight& weight) {
  return weight.row_group != kTileRows;
}

int64_t most_tokens(const OpContext& context) {
  return context.most.of(context.input(0).type.rows);
}

/// Tiles are those of the FP8 product whose rows have as many bytes.
Fp8Shape tiles_shape(const graph::Weight& weight, int64_t tokens) {
  return {tokens, weight.rows, round_up(weight.cols, kBlock) * 2};
}

/// Where x is one part, local memory would bring too little of W for each of its elements: more rows of x
/// share them.
Fp8Plan plan_for(const graph::DeviceInfo& device, const Fp8Shape& shape, int64_t x_parts) {
  return x_parts == 1 ? tall_plan(device, shape) : fp8_plan(device, shape);
}

LinearWgmmaArgs make_args(const OpContext& context, const WgmmaWorkspace& workspace, int64_t tokens) {
  const Fp8Shape shape = tiles_shape(weight_of(context), tokens);
  const Fp8Plan plan = plan_for(context.device, shape, x_parts_of(context));
  LinearWgmmaArgs args{};
  args.weight = weight_args(weight_of(context));
  args.x_at = workspace.x_at;
  args.weight_at = is_packed_in_calls(weight_of(context)) ? workspace.weight_at : 0;
  args.tiles = {static_cast<i32>(shape.m), static_cast<i32>(shape.n), static_cast<i32>(shape.k),
                static_cast<i32>(plan.whole), static_cast<i32>(plan.parts)};
  args.has_bias = context.has_input(2) ? 1 : 0;
  return args;
}

/// A launch whose groups are `groups` of the plan for the call's tokens.
Launch launch_of(const OpContext& context, const std::string& stem, std::vector<std::string> defines,
                 std::vector<BufferRef> buffers, const WgmmaWorkspace& workspace,
                 int64_t (*groups)(const Fp8Shape&, const Fp8Plan&)) {
  Launch launch = make_nvidia_launch(stem, std::move(defines), std::move(buffers), kTile);
  // The largest call's arguments with another number of tokens and their tiles.
  launch.work = [args = make_args(context, workspace, most_tokens(context)), device = context.device, groups,
                 x_parts = x_parts_of(context), dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    const Fp8Shape shape{sizes.of(dim), args.tiles.n, args.tiles.k};
    const Fp8Plan plan = plan_for(device, shape, x_parts);
    LinearWgmmaArgs now = args;
    now.tiles.m = static_cast<i32>(shape.m);
    now.tiles.whole = static_cast<i32>(plan.whole);
    now.tiles.parts = static_cast<i32>(plan.parts);
    return Work{groups(shape, plan), bytes_of(now)};
  };
  return launch;
}

int64_t x_groups(const Fp8Shape& shape, const Fp8Plan&) {
  return round_up(shape.m, kTile) / 64 * (shape.k / 128);
}
int64_t weight_groups(const Fp8Shape& shape, const Fp8Plan&) {
  return round_up(shape.n, kTile) / 8 * ceil_div(shape.k / 64, 16);
}
template <int64_t kTiles>
int64_t multiply_groups(const Fp8Shape&, const Fp8Plan& plan) {
  return plan.rows * plan.cols == kTiles ? plan.groups : 0;
}

}  // namespace

bool is_exact_in_bf16(std::string_view format) {
  constexpr std::string_view kExact[] = {"bf16",       "mxint8",     "mxfp8_e4m3", "mxfp8_e5m2",
                                         "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4",      "gguf_mxfp4"};
  return std::find(std::begin(kExact), std::end(kExact), format) != std::end(kExact);
}

Support suits_bf16_tiles(const graph::Weight& weight, const graph::Type& x) {
  if (x.format != "bf16" || weight.format != "bf16" || weight.experts > 1)
    return Support::no("for one matrix in bf16 and activations in bf16");
  if (weight.cols % kBlock != 0) return Support::no("its columns are no multiple of 64");
  if (weight.cols < kLeastCols) return Support::no("for 128 columns or more");
  if (weight.cols > kMost || weight.rows > kMost) return Support::no("a size is more than 2^24");
  return Support::yes();
}

WgmmaWorkspace wgmma_workspace(const OpContext& context) {
  const graph::Weight& weight = weight_of(context);
  const int64_t cols = round_up(weight.cols, kBlock);
  // Cut tiles' parts are at most one a unit, of two tiles of floats.
  const int64_t sums = std::max<int64_t>(1, context.device.compute_units) * 2 * kTile * kTile * 4;
  WgmmaWorkspace result{};
  result.x_at = round_up(TILE_COUNTERS * 4 + sums, kWorkspaceAlign);
  result.weight_at = result.x_at + round_up(most_tokens(context), 2 * kTile) * cols * 2 * x_parts_of(context);
  const int64_t weight_bytes = weight.rows * cols * 2 * weight_parts(weight);
  result.bytes = result.weight_at + (is_packed_in_calls(weight) ? weight_bytes : 0);
  return result;
}

Support supports_linear_wgmma(const OpContext& context) {
  if (!context.device.probes.wgmma) return Support::no("the device has no wgmma");
  if (most_tokens(context) <= kSmallBatch) return Support::no("for more than 8 tokens");
  const Support weight = supports_weight(context, 1);
  if (!weight.ok) return weight;
  const graph::Type& x = context.input(0).type;
  if (x.format == "fp8_e4m3_1x128") return Support::no("for plain, bf16 or int8 activations");
  const graph::Weight& held = weight_of(context);
  if (held.row_group > 1 && !(held.row_group == kTileRows && held.format == "bf16"))
    return Support::no("its rows lie in groups");
  if (weight_of(context).cols < kLeastCols) return Support::no("for 128 columns or more");
  if (weight_of(context).cols > kMost || weight_of(context).rows > kMost || most_tokens(context) > kMost)
    return Support::no("a size is more than 2^24");
  if (most_tokens(context) * weight_of(context).rows < ceil_div(kLeastWork, weight_of(context).cols))
    return Support::no("for 2^26 multiplications or more");
  return Support::yes();
}

Prepared prepare_linear_wgmma(const OpContext& context) {
  const graph::Weight& weight = weight_of(context);
  const int64_t x_parts = x_parts_of(context);
  const WgmmaWorkspace workspace = wgmma_workspace(context);
  const std::string of_x = constant("X_PARTS", x_parts);
  const std::string of_weight = constant("W_PARTS", weight_parts(weight));
  std::vector<std::string> of_packing = activation_defines(context.input(0).type);
  of_packing.push_back(of_x);
  of_packing.push_back(constant("PTX_ASM", context.device.probes.ptx_asm ? 1 : 0));
  Prepared prepared;
  prepared.scratch_bytes = workspace.bytes;
  prepared.launches.push_back(launch_of(context, "linear_wgmma_x", std::move(of_packing),
                                        {input_ref(0), scratch_ref()}, workspace, x_groups));
  if (is_packed_in_calls(weight)) {
    std::vector<std::string> decoder = weight_defines(context, weight);
    decoder.push_back(of_weight);
    if (has_units(weight)) decoder.push_back("UNITS");
    prepared.launches.push_back(launch_of(context, "linear_wgmma_weight", std::move(decoder),
                                          {input_ref(1), scratch_ref()}, workspace, weight_groups));
  }
  const auto multiply = [&](int64_t rows, int64_t cols, int64_t (*groups)(const Fp8Shape&, const Fp8Plan&)) {
    Launch launch = launch_of(
        context, "linear_wgmma",
        {of_x, of_weight, constant("ROWS", rows), constant("COLS", cols), constant("BAND", kBand / rows)},
        {scratch_ref(), is_packed_in_calls(weight) ? scratch_ref() : input_ref(1), scratch_ref(),
         optional_input_ref(context, 2), output_ref(0)},
        workspace, groups);
    launch.local_size = 3 * kTile;
    launch.program.sm_90a = true;
    prepared.launches.push_back(std::move(launch));
  };
  multiply(1, 1, multiply_groups<1>);
  multiply(x_parts == 1 ? 2 : 1, x_parts == 1 ? 1 : 2, multiply_groups<2>);
  return prepared;
}

int64_t wgmma_x_offset(int64_t cols, int64_t x_parts, int64_t part, int64_t row, int64_t col) {
  const int64_t piece = (row / 64 * ceil_div(cols, kBlock) + col / kBlock) * x_parts + part;
  const int64_t step = col % kBlock / 16;
  const int64_t thread = row % 64 / 16 * 32 + row % 8 * 4 + col % 8 / 2;
  const int64_t word = row % 16 / 8 + col % 16 / 8 * 2;
  return (piece * 4 + step) * 2048 + thread * 16 + word * 4 + col % 2 * 2;
}

int64_t wgmma_weight_offset(const graph::Weight& weight, int64_t part, int64_t row, int64_t col) {
  const int64_t row_bytes = ceil_div(weight.cols, kBlock) * kBlock * 2;
  const int64_t first = row / kTile * kTile;
  const int64_t chunk = col % 32 / 8 ^ (row / 2 % 4);
  return (part * weight.rows + first) * row_bytes +
         (col / 32 * std::min(weight.rows - first, kTile) + row % kTile) * 64 + chunk * 16 + col % 8 * 2;
}

}  // namespace clinfer::kernels
