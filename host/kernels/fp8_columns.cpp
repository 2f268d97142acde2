#include "host/kernels/fp8_columns.h"

#include <algorithm>
#include <limits>

#include "cl_kernels/args/fp8_columns_args.h"
#include "host/kernels/fp8_linear.h"
#include "host/kernels/gated_linear.h"
#include "host/kernels/matmul.h"
#include "host/kernels/nvidia_launch.h"
#include "host/kernels/row_tiles.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kChunk = 16;       ///< columns that lie together in packed x
constexpr int64_t kScaleCols = 128;  ///< of a block
constexpr int64_t kLeastBlocks = 2;  ///< of a share: fewer take longer to begin with and to add up
constexpr int64_t kAlign = 256;
constexpr int64_t kPackLanes = 128;  ///< of fp8_columns_x.cl
constexpr int64_t kMultiplyLanes = 256;

int64_t aligned(int64_t bytes) {
  return ceil_div(bytes, kAlign) * kAlign;
}

bool is_glu(const OpContext& context) {
  return std::holds_alternative<graph::Glu>(context.node.op);
}
const graph::ExpertLinear* experts(const OpContext& context) {
  return std::get_if<graph::ExpertLinear>(&context.node.op);
}

/// Of Glu the gate's.
const graph::Weight& weight_of(const OpContext& context) {
  return *context.input(experts(context) != nullptr ? 2 : 1).weight();
}

int64_t most_tokens(const OpContext& context) {
  return context.most.of(context.input(0).type.rows);
}

/// That one call, or of experts one token, multiplies.
int64_t matrices_of(const OpContext& context) {
  if (experts(context) != nullptr) return context.input(1).type.cols;
  return is_glu(context) ? 2 : 1;
}

int64_t tiles_of(const OpContext& context) {
  return matrices_of(context) * ceil_div(weight_of(context).rows, kTileRows);
}

int64_t blocks_of(const OpContext& context) {
  return tiles_of(context) * (weight_of(context).cols / kScaleCols);
}

int64_t shares_of(const OpContext& context) {
  return std::min(std::max<int64_t>(1, context.device.compute_units),
                  ceil_div(blocks_of(context), kLeastBlocks));
}

Fp8ColumnsArgs make_args(const OpContext& context) {
  const Fp8ColumnsWorkspace at = fp8_columns_workspace(context);
  Fp8ColumnsArgs args{};
  args.weight = weight_args(weight_of(context));
  args.counters_at = at.counters_at;
  args.x_at = at.x_at;
  args.x_scales_at = at.x_scales_at;
  args.parts_at = at.parts_at;
  args.matrices = static_cast<i32>(matrices_of(context));
  args.experts = static_cast<i32>(weight_of(context).experts);
  args.shares = static_cast<i32>(shares_of(context));
  if (const graph::ExpertLinear* op = experts(context)) {
    args.per_slot = op->per_slot ? 1 : 0;
    args.has_bias = context.has_input(3) ? 1 : 0;
  } else {
    args.has_bias = !is_glu(context) && context.has_input(2) ? 1 : 0;
  }
  return args;
}

/// Groups of a call of so many tokens; 0 where there is nothing to do.
using Groups = std::function<int64_t(int64_t tokens, const Fp8ColumnsArgs&)>;

Launch launch_of(const OpContext& context, const std::string& stem, std::vector<std::string> defines,
                 std::vector<BufferRef> buffers, size_t local_size, Groups groups) {
  Launch launch = make_nvidia_launch(stem, std::move(defines), std::move(buffers), local_size);
  launch.work = [args = make_args(context), groups = std::move(groups),
                 dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    Fp8ColumnsArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    return Work{groups(now.tokens, now), bytes_of(now)};
  };
  return launch;
}

Launch pack_launch(const OpContext& context) {
  return launch_of(context, "fp8_columns_x", {}, {input_ref(0), scratch_ref()}, kPackLanes,
                   [](int64_t tokens, const Fp8ColumnsArgs& args) {
                     return tokens == 1 ? 0 : ceil_div(tokens * (args.weight.cols / kChunk), kPackLanes);
                   });
}

/// The product's launch.
Launch multiply_launch(const OpContext& context, const std::string& stem, std::vector<std::string> defines,
                       std::vector<BufferRef> buffers) {
  Launch launch = launch_of(context, stem, std::move(defines), std::move(buffers), kMultiplyLanes,
                            [](int64_t, const Fp8ColumnsArgs& args) { return int64_t{args.shares}; });
  launch.program.sm_90a = true;
  return launch;
}

Support supports_few(const OpContext& context, size_t matrix) {
  if (!is_small_batch(context)) return Support::no("for up to 8 tokens");
  const Support tiles = supports_fp8_tiles(context, matrix);
  if (!tiles.ok) return tiles;
  // Products of blocks and shares fit 32 bits.
  if ((blocks_of(context) + 1) * (shares_of(context) + 1) > std::numeric_limits<i32>::max())
    return Support::no("it has too many blocks");
  return Support::yes();
}

}  // namespace

Fp8ColumnsWorkspace fp8_columns_workspace(const OpContext& context) {
  const graph::Weight& weight = weight_of(context);
  const int64_t tokens = most_tokens(context);
  const int64_t packed = experts(context) != nullptr || tokens == 1 ? 0 : tokens;
  Fp8ColumnsWorkspace at{};
  at.counters_at = is_glu(context) ? aligned(2 * tokens * weight.rows * int64_t{sizeof(f32)}) : 0;
  const int64_t counters = tiles_of(context) * (experts(context) != nullptr ? tokens : 1);
  at.x_at = at.counters_at + aligned(counters * int64_t{sizeof(i64)});
  at.x_scales_at = at.x_at + aligned(packed * weight.cols);
  at.parts_at = at.x_scales_at + aligned(packed * (weight.cols / kScaleCols) * int64_t{sizeof(f32)});
  at.bytes = at.parts_at + shares_of(context) * 2 * tokens * kTileRows * int64_t{sizeof(f32)};
  return at;
}

int64_t fp8_columns_x_offset(int64_t tokens, int64_t token, int64_t col) {
  return (col / kChunk * tokens + token) * kChunk + col % kChunk;
}

Support supports_linear_fp8_columns(const OpContext& context) {
  return supports_few(context, 1);
}

Prepared prepare_linear_fp8_columns(const OpContext& context) {
  const bool glu = is_glu(context);
  Prepared prepared;
  prepared.launches.push_back(pack_launch(context));
  prepared.launches.push_back(multiply_launch(
      context, "fp8_columns", {constant("UP", glu ? 1 : 0)},
      {input_ref(0), input_ref(1), optional_input_ref(context, 2), scratch_ref(), output_ref(0)}));
  prepared.scratch_bytes = fp8_columns_workspace(context).bytes;
  return prepared;
}

Support supports_glu_fp8_columns(const OpContext& context) {
  if (!context.has_input(2)) return Support::no("gate and up are no matrices");
  const Support product = supports_linear_fp8_columns(context);
  if (!product.ok) return product;
  const graph::Weight& up = *context.input(2).weight();
  if (up.format != weight_of(context).format || up.row_group != weight_of(context).row_group)
    return Support::no("gate and up are held in different ways");
  return Support::yes();
}

Prepared prepare_glu_fp8_columns(const OpContext& context) {
  Prepared prepared = prepare_linear_fp8_columns(context);
  prepared.launches.push_back(gated_linear_rounding(context));
  return prepared;
}

Support supports_expert_linear_fp8_columns(const OpContext& context) {
  return supports_few(context, 2);
}

Prepared prepare_expert_linear_fp8_columns(const OpContext& context) {
  Prepared prepared;
  prepared.launches.push_back(
      multiply_launch(context, "fp8_expert_columns", {},
                      {input_ref(0), input_ref(1), input_ref(2), optional_input_ref(context, 3),
                       scratch_ref(), output_ref(0)}));
  prepared.scratch_bytes = fp8_columns_workspace(context).bytes;
  return prepared;
}

}  // namespace clinfer::kernels
