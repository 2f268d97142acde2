#include "host/kernels/fp8_linear.h"

#include <algorithm>

#include "cl_kernels/args/fp8_linear_args.h"
#include "host/kernels/fp8_matmul.h"
#include "host/kernels/matmul.h"
#include "host/kernels/row_tiles.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kTile = 128;  ///< rows of x and of W, columns of a scale
/// wgmma cuts E4M3 products to 13 bits below the largest of a step's, which Linear's limit allows for where
/// it grows with the columns: of fewer it is too close.
constexpr int64_t kLeastCols = 1024;
constexpr int64_t kBandBytes = int64_t{32} << 20;  ///< of x that stay in L2 while W passes
constexpr int64_t kExpertBand = 8;                 ///< tiles of x, of experts
constexpr int64_t kMost = int64_t{1} << 24;
constexpr int64_t kLanes = 256;       ///< of expert_order.cl and expert_tiles.cl
constexpr int64_t kWideEntries = 48;  ///< of an expert, from which tiles of 256 columns are faster
constexpr int64_t kAlign = 1024;

int64_t round_up(int64_t n, int64_t to) {
  return ceil_div(n, to) * to;
}

/// A node of either op.
struct Product {
  const graph::Weight& weight;
  graph::Dim tokens;
  int64_t top_k;  ///< 0: of one matrix
  bool experts() const { return top_k > 0; }
  int64_t rows(int64_t count) const {  ///< of packed x
    return experts() ? fp8_expert_rows(count * top_k, weight.experts) : count;
  }
};

Product product_of(const OpContext& context) {
  const bool experts = std::holds_alternative<graph::ExpertLinear>(context.node.op);
  return {*context.input(experts ? 2 : 1).weight(), context.input(0).type.rows,
          experts ? context.input(1).type.cols : 0};
}

Fp8Plan plan_for(const graph::DeviceInfo& device, const Product& product, int64_t tokens) {
  const Fp8Shape shape{product.rows(tokens), product.weight.rows, product.weight.cols};
  if (!product.experts()) return fp8_plan(device, shape);
  Fp8Plan plan{};  // how many tiles there are is known on the device alone
  plan.cols = tokens * product.top_k >= kWideEntries * product.weight.experts ? 2 : 1;
  plan.parts = 1;
  plan.groups = std::max<int64_t>(1, device.compute_units);
  return plan;
}

Fp8LinearArgs make_args(const OpContext& context, const Product& product) {
  const Fp8Workspace at = fp8_workspace(context);
  Fp8LinearArgs args{};
  args.weight = weight_args(product.weight);
  args.x_at = at.x_at;
  args.scales_at = at.scales_at;
  args.lists_at = at.lists_at;
  args.table_at = at.table_at;
  args.has_bias = context.has_input(product.experts() ? 3 : 2) ? 1 : 0;
  args.top_k = static_cast<i32>(product.top_k);
  args.experts = static_cast<i32>(product.weight.experts);
  const auto* op = std::get_if<graph::ExpertLinear>(&context.node.op);
  args.per_slot = op != nullptr && op->per_slot ? 1 : 0;
  return args;
}

using Groups = int64_t (*)(const Fp8LinearArgs&, const Fp8Plan&);

/// A launch whose groups are `groups` of the call's tiles.
Launch launch_of(const OpContext& context, const std::string& stem, std::vector<std::string> defines,
                 std::vector<BufferRef> buffers, size_t local_size, Groups groups) {
  Launch launch;
  launch.program.stem = stem;
  launch.program.entry = "nvidia/" + stem + ".cl";
  launch.program.defines = std::move(defines);
  launch.kernel = stem;
  launch.buffers = std::move(buffers);
  launch.local_size = local_size;
  const Product product = product_of(context);
  launch.work = [args = make_args(context, product), weight = product.weight, dim = product.tokens,
                 top_k = product.top_k, device = context.device, groups](const graph::Sizes& sizes) {
    const Product now{weight, dim, top_k};
    Fp8LinearArgs call = args;
    call.tokens = static_cast<i32>(sizes.of(dim));
    const Fp8Plan plan = plan_for(device, now, call.tokens);
    call.tiles = {static_cast<i32>(now.rows(call.tokens)), static_cast<i32>(weight.rows),
                  static_cast<i32>(weight.cols), static_cast<i32>(plan.whole), static_cast<i32>(plan.parts)};
    return Work{groups(call, plan), bytes_of(call)};
  };
  return launch;
}

int64_t fragment_groups(const Fp8LinearArgs& args, const Fp8Plan&) {
  return round_up(args.tiles.m, kTile) / 64 * (args.tiles.k / kTile);
}
int64_t order_groups(const Fp8LinearArgs& args, const Fp8Plan&) {
  return int64_t{args.experts} + 1;
}
int64_t table_groups(const Fp8LinearArgs&, const Fp8Plan& plan) {
  return 1 + plan.groups;
}
template <int64_t kCols>
int64_t multiply_groups(const Fp8LinearArgs&, const Fp8Plan& plan) {
  return plan.cols == kCols ? plan.groups : 0;
}

Support supports(const OpContext& context) {
  if (!context.device.probes.wgmma) return Support::no("the device has no wgmma");
  const Product product = product_of(context);
  const int64_t most = context.most.of(product.tokens);
  if (most <= kSmallBatch) return Support::no("for more than 8 tokens");
  const Support readable = supports_weight(context, product.experts() ? 2 : 1);
  if (!readable.ok) return readable;
  const Support suits = suits_fp8_wgmma(product.weight, context.input(0).type);
  if (!suits.ok) return suits;
  if (product.weight.row_group != kTileRows) return Support::no("its rows do not lie in tiles");
  if (product.rows(most) > kMost) return Support::no("a size is more than 2^24");
  return Support::yes();
}

/// Packing x and the multiplication, behind what is prepared.
void add_product(const OpContext& context, size_t bias, Prepared& prepared) {
  const Product product = product_of(context);
  const std::string experts = constant("EXPERTS", product.experts() ? 1 : 0);
  const std::string ptx = constant("PTX_ASM", context.device.probes.ptx_asm ? 1 : 0);
  prepared.launches.push_back(launch_of(context, "fp8_fragments", {experts, ptx},
                                        {input_ref(0), scratch_ref()}, 128, fragment_groups));
  const int64_t band = product.experts()
                           ? kExpertBand
                           : std::clamp<int64_t>(kBandBytes / (kTile * product.weight.cols), 8, 32);
  const auto multiply = [&](int64_t cols, Groups groups) {
    Launch launch = launch_of(
        context, "fp8_linear", {experts, constant("COLS", cols), constant("BAND", band)},
        {input_ref(bias - 1), scratch_ref(), scratch_ref(), optional_input_ref(context, bias), output_ref(0)},
        384, groups);
    launch.program.sm_90a = true;
    prepared.launches.push_back(std::move(launch));
  };
  multiply(1, multiply_groups<1>);
  multiply(2, multiply_groups<2>);
  prepared.scratch_bytes = fp8_workspace(context).bytes;
}

}  // namespace

int64_t fp8_expert_rows(int64_t entries, int64_t experts) {
  return (entries / kTile + std::min(entries, experts)) * kTile;
}

Fp8Workspace fp8_workspace(const OpContext& context) {
  const Product product = product_of(context);
  const int64_t tokens = context.most.of(product.tokens);
  const int64_t rows = round_up(product.rows(tokens), kTile);
  Fp8Workspace at{};
  // Cut tiles' parts are at most one a unit, of two tiles of floats.
  const int64_t sums = std::max<int64_t>(1, context.device.compute_units) * 2 * kTile * kTile * 4;
  at.lists_at = product.experts() ? 0 : round_up(TILE_COUNTERS * 4 + sums, kAlign);
  at.table_at = at.lists_at;
  at.x_at = at.lists_at;
  if (product.experts()) {
    at.table_at = round_up((product.weight.experts + 2 + tokens * product.top_k) * 4, kAlign);
    at.x_at = round_up(at.table_at + 16 + rows / kTile * 16, kAlign);
  }
  at.scales_at = at.x_at + rows * product.weight.cols;
  at.bytes = at.scales_at + rows * (product.weight.cols / kTile) * 4;
  return at;
}

Support suits_fp8_wgmma(const graph::Weight& weight, const graph::Type& x) {
  if (x.format != "fp8_e4m3_1x128" || weight.format != "fp8_e4m3_128x128")
    return Support::no("for weights in fp8_e4m3_128x128 and activations in fp8_e4m3_1x128");
  if (weight.cols % kTile != 0) return Support::no("its columns are no multiple of 128");
  if (weight.cols < kLeastCols) return Support::no("for 1024 columns or more");
  if (weight.cols > kMost || weight.rows > kMost) return Support::no("a size is more than 2^24");
  return Support::yes();
}

Support supports_linear_fp8_wgmma(const OpContext& context) {
  return supports(context);
}

Prepared prepare_linear_fp8_wgmma(const OpContext& context) {
  Prepared prepared;
  add_product(context, 2, prepared);
  return prepared;
}

Support supports_expert_linear_fp8_wgmma(const OpContext& context) {
  return supports(context);
}

Prepared prepare_expert_linear_fp8_wgmma(const OpContext& context) {
  Prepared prepared;
  prepared.launches.push_back(
      launch_of(context, "expert_order", {}, {input_ref(1), scratch_ref()}, kLanes, order_groups));
  prepared.launches.push_back(
      launch_of(context, "expert_tiles", {}, {scratch_ref(), output_ref(0)}, kLanes, table_groups));
  add_product(context, 3, prepared);
  return prepared;
}

}  // namespace clinfer::kernels
