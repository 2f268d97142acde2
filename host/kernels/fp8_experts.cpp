#include "host/kernels/fp8_experts.h"

#include <algorithm>

#include "cl_kernels/args/fp8_experts_args.h"
#include "host/kernels/fp8_linear.h"
#include "host/kernels/matmul.h"
#include "host/kernels/nvidia_launch.h"
#include "host/kernels/row_tiles.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kScaleCols = 128;
constexpr int64_t kMost = int64_t{1} << 24;
constexpr int64_t kLanes = 256;  ///< of expert_order.cl, expert_tiles.cl and fp8_expert_x.cl
constexpr int64_t kAlign = 1024;
constexpr int64_t kTileBytes = sizeof(ExpertTile);

int64_t aligned(int64_t bytes) {
  return ceil_div(bytes, kAlign) * kAlign;
}

const graph::Weight& weight_of(const OpContext& context) {
  return *context.input(2).weight();
}

Fp8ExpertsArgs make_args(const OpContext& context) {
  const Fp8ExpertsWorkspace at = fp8_experts_workspace(context);
  Fp8ExpertsArgs args{};
  args.weight = weight_args(weight_of(context));
  args.lists_at = at.lists_at;
  args.tiles_at = at.tiles_at;
  args.eights_at = at.eights_at;
  args.x_at = at.x_at;
  args.scales_at = at.scales_at;
  args.top_k = static_cast<i32>(context.input(1).type.cols);
  args.experts = static_cast<i32>(weight_of(context).experts);
  args.per_slot = std::get<graph::ExpertLinear>(context.node.op).per_slot ? 1 : 0;
  args.has_bias = context.has_input(3) ? 1 : 0;
  return args;
}

using Groups = int64_t (*)(const Fp8ExpertsArgs&, int64_t units);

Launch launch_of(const OpContext& context, const std::string& stem, std::vector<std::string> defines,
                 std::vector<BufferRef> buffers, size_t local_size, Groups groups) {
  Launch launch = make_nvidia_launch(stem, std::move(defines), std::move(buffers), local_size);
  launch.work = [args = make_args(context), dim = context.input(0).type.rows, groups,
                 units = std::max<int64_t>(1, context.device.compute_units)](const graph::Sizes& sizes) {
    Fp8ExpertsArgs call = args;
    call.tokens = static_cast<i32>(sizes.of(dim));
    return Work{groups(call, units), bytes_of(call)};
  };
  return launch;
}

int64_t order_groups(const Fp8ExpertsArgs& args, int64_t) {
  return int64_t{args.experts} + 1;
}
int64_t table_groups(const Fp8ExpertsArgs&, int64_t units) {
  return 1 + units;
}
int64_t x_groups(const Fp8ExpertsArgs& args, int64_t) {
  return fp8_expert_eights(int64_t{args.tokens} * args.top_k, args.experts);
}
int64_t multiply_groups(const Fp8ExpertsArgs&, int64_t units) {
  return units;
}

}  // namespace

int64_t fp8_expert_eights(int64_t entries, int64_t experts) {
  return entries / 8 + std::min(entries, experts);
}

int64_t fp8_expert_x_offset(int64_t rows, int64_t row, int64_t col) {
  const int64_t word = col % 64 / 4;
  const int64_t chunk = word % 4 ^ row / 2 % 4;
  return (col / 64 * rows + row) * 64 + chunk * 16 + word / 4 * 4 + col % 4;
}

Fp8ExpertsWorkspace fp8_experts_workspace(const OpContext& context) {
  const graph::Weight& weight = weight_of(context);
  const int64_t entries = context.most.of(context.input(0).type.rows) * context.input(1).type.cols;
  const int64_t eights = fp8_expert_eights(entries, weight.experts);
  const int64_t tiles = entries / EXPERT_TILE_ENTRIES + std::min(entries, weight.experts);
  Fp8ExpertsWorkspace at{};
  at.lists_at = 0;
  at.tiles_at = aligned((weight.experts + 2 + entries) * 4);
  at.eights_at = at.tiles_at + aligned((1 + tiles) * kTileBytes);
  at.x_at = at.eights_at + aligned(eights * 4);
  at.scales_at = at.x_at + eights * 8 * weight.cols;
  at.bytes = at.scales_at + eights * 8 * (weight.cols / kScaleCols) * 4;
  return at;
}

Support supports_expert_linear_fp8_wgmma(const OpContext& context) {
  const Support tiles = supports_fp8_tiles(context, 2);
  if (!tiles.ok) return tiles;
  const int64_t tokens = context.most.of(context.input(0).type.rows);
  if (tokens <= kSmallBatch) return Support::no("for more than 8 tokens");
  const int64_t entries = tokens * context.input(1).type.cols;
  if (fp8_expert_eights(entries, weight_of(context).experts) * 8 > kMost)
    return Support::no("a size is more than 2^24");
  return Support::yes();
}

Prepared prepare_expert_linear_fp8_wgmma(const OpContext& context) {
  const std::string ptx = constant("PTX_ASM", context.device.probes.ptx_asm ? 1 : 0);
  Prepared prepared;
  prepared.launches.push_back(
      launch_of(context, "expert_order", {}, {input_ref(1), scratch_ref()}, kLanes, order_groups));
  prepared.launches.push_back(
      launch_of(context, "expert_tiles", {}, {scratch_ref(), output_ref(0)}, kLanes, table_groups));
  prepared.launches.push_back(
      launch_of(context, "fp8_expert_x", {ptx}, {input_ref(0), scratch_ref()}, kLanes, x_groups));
  Launch multiply = launch_of(context, "fp8_experts", {},
                              {input_ref(2), scratch_ref(), optional_input_ref(context, 3), output_ref(0)},
                              384, multiply_groups);
  multiply.program.sm_90a = true;
  prepared.launches.push_back(std::move(multiply));
  prepared.scratch_bytes = fp8_experts_workspace(context).bytes;
  return prepared;
}

}  // namespace clinfer::kernels
