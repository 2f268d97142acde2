#include "cl_kernels/args/linear_args.h"
#include "host/kernels/amx.h"
#include "host/kernels/fp8_columns.h"
#include "host/kernels/fp8_linear.h"
#include "host/kernels/integer_dot.h"
#include "host/kernels/linear_clblast.h"
#include "host/kernels/linear_wgmma.h"
#include "host/kernels/mma_rows.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

LinearArgs make_args(const OpContext& context) {
  LinearArgs args{};
  args.weight = weight_args(*context.input(1).weight());
  args.has_bias = context.has_input(2) ? 1 : 0;
  return args;
}

/// `defines` besides those of the weight and of x.
Launch launch_for(const OpContext& context, std::string_view stem, const std::vector<std::string>& defines,
                  int64_t local_size) {
  std::vector<std::string> all = weight_defines(context, *context.input(1).weight());
  const std::vector<std::string> of_x = activation_defines(context.input(0).type);
  all.insert(all.end(), of_x.begin(), of_x.end());
  all.insert(all.end(), defines.begin(), defines.end());
  return make_launch(stem, std::move(all),
                     {input_ref(0), input_ref(1), optional_input_ref(context, 2), output_ref(0)}, local_size);
}

Prepared with_rows(const OpContext& context, const RowsShape& shape) {
  Launch launch = launch_for(context, "linear_rows", shape.defines, shape.local_size);
  const LinearArgs args = make_args(context);
  const int64_t workers = rows_workers(context.device, ceil_div(args.weight.rows, shape.item_rows));
  launch.work = [args, workers, dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    LinearArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    return Work{workers, bytes_of(now)};
  };
  return {{std::move(launch)}, 0, {}};
}

Prepared with_tiles(const OpContext& context, const TileShape& shape, std::vector<std::string> defines) {
  defines.push_back(constant("TILE_ROWS", shape.tile_rows));
  defines.push_back(constant("ITEM_TOKENS", shape.item_tokens));
  Launch launch = launch_for(context, "linear_tile", defines, shape.local_size);
  launch.work = [args = make_args(context), shape, device = context.device,
                 dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    LinearArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    const int64_t items =
        ceil_div(args.weight.rows, shape.tile_rows) * ceil_div(now.tokens, shape.item_tokens);
    return Work{worker_count(device, items), bytes_of(now)};
  };
  return {{std::move(launch)}, 0, {}};
}

Support supports_rows(const OpContext& context) {
  return supports_weight(context, 1);
}

Prepared prepare_rows(const OpContext& context) {
  const graph::Weight& weight = *context.input(1).weight();
  const int64_t most = context.most.of(context.input(0).type.rows);
  return with_rows(context, rows_shape(context, weight, most, weight.cols % 4 == 0));
}

Support supports_linear_tile(const OpContext& context) {
  if (context.most.of(context.input(0).type.rows) <= kSmallBatch)
    return Support::no("for more than 8 tokens");
  const Support weight = supports_weight(context, 1);
  return weight.ok ? supports_tile(context) : weight;
}

Prepared prepare_tile(const OpContext& context) {
  return with_tiles(context, tile_shape(context.device), {});
}

Support supports_dot_rows(const OpContext& context) {
  return supports_dot_of_rows(context, 1);
}

Prepared prepare_dot_rows(const OpContext& context) {
  return with_rows(context, dot_rows_shape(context));
}

Support supports_dot_tile(const OpContext& context) {
  const Support tile = supports_linear_tile(context);
  return tile.ok ? supports_integer_dot(context, 1) : tile;
}

Prepared prepare_dot_tile(const OpContext& context) {
  return with_tiles(context, dot_tile_shape(context.device), integer_dot_defines(context));
}

Support supports_amx_int8_tile(const OpContext& context) {
  return supports_amx_int8(context, 1);
}

Prepared prepare_amx_int8_tile(const OpContext& context) {
  return with_tiles(context, amx_int8_shape(context, 1), amx_int8_defines(context));
}

Support supports_amx_bf16_tile(const OpContext& context) {
  return supports_amx_bf16(context, 1);
}

Prepared prepare_amx_bf16_tile(const OpContext& context) {
  return with_tiles(context, amx_bf16_shape(context, 1), amx_bf16_defines(context, 1));
}

constexpr Variant kVariants[] = {
    {"linear/clblast", supports_linear_clblast, prepare_linear_clblast},
    {"linear/fp8_columns", supports_linear_fp8_columns, prepare_linear_fp8_columns},
    {"linear/fp8_wgmma", supports_linear_fp8_wgmma, prepare_linear_fp8_wgmma},
    {"linear/wgmma", supports_linear_wgmma, prepare_linear_wgmma},
    {"linear/mma_rows", supports_linear_mma_rows, prepare_linear_mma_rows},
    {"linear/amx_int8", supports_amx_int8_tile, prepare_amx_int8_tile},
    {"linear/dot_tile", supports_dot_tile, prepare_dot_tile},
    {"linear/dot_rows", supports_dot_rows, prepare_dot_rows},
    {"linear/amx_bf16", supports_amx_bf16_tile, prepare_amx_bf16_tile},
    {"linear/tile", supports_linear_tile, prepare_tile},
    {"linear/rows", supports_rows, prepare_rows},
};

}  // namespace

std::span<const Variant> linear_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
