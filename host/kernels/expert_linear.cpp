#include "cl_kernels/args/expert_linear_args.h"
#include "host/kernels/amx.h"
#include "host/kernels/fp8_columns.h"
#include "host/kernels/fp8_experts.h"
#include "host/kernels/integer_dot.h"
#include "host/kernels/mma_rows.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

ExpertLinearArgs make_args(const OpContext& context) {
  const graph::Weight& weight = *context.input(2).weight();
  ExpertLinearArgs args{};
  args.weight = weight_args(weight);
  args.top_k = static_cast<i32>(context.input(1).type.cols);
  args.experts = static_cast<i32>(weight.experts);
  args.per_slot = std::get<graph::ExpertLinear>(context.node.op).per_slot ? 1 : 0;
  args.has_bias = context.has_input(3) ? 1 : 0;
  return args;
}

/// Constants that tell a kernel what the weight and x are.
std::vector<std::string> operand_defines(const OpContext& context) {
  std::vector<std::string> defines = weight_defines(context, *context.input(2).weight());
  for (std::string& define : activation_defines(context.input(0).type)) defines.push_back(std::move(define));
  return defines;
}

/// `items` of one call are per_call + per_token * tokens.
void set_work(Launch& launch, const OpContext& context, int64_t per_call, int64_t per_token) {
  launch.work = [args = make_args(context), device = context.device, dim = context.input(0).type.rows,
                 per_call, per_token](const graph::Sizes& sizes) {
    ExpertLinearArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    return Work{worker_count(device, per_call + per_token * now.tokens), bytes_of(now)};
  };
}

Prepared with_rows(const OpContext& context, const RowsShape& shape) {
  const graph::Weight& weight = *context.input(2).weight();
  std::vector<std::string> defines = operand_defines(context);
  defines.insert(defines.end(), shape.defines.begin(), shape.defines.end());
  Launch launch =
      make_launch("expert_linear_rows", std::move(defines),
                  {input_ref(0), input_ref(1), input_ref(2), optional_input_ref(context, 3), output_ref(0)},
                  shape.local_size);
  const int64_t slot_items = context.input(1).type.cols * ceil_div(weight.rows, shape.item_rows);
  launch.work = [args = make_args(context), device = context.device, dim = context.input(0).type.rows,
                 slot_items](const graph::Sizes& sizes) {
    ExpertLinearArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    return Work{rows_workers(device, slot_items * now.tokens), bytes_of(now)};
  };
  return {{std::move(launch)}, 0, {}};
}

Prepared with_tiles(const OpContext& context, const TileShape& shape, const std::vector<std::string>& more) {
  const graph::Weight& weight = *context.input(2).weight();
  const int64_t list_lanes = group_size(context.device, 64);
  Launch lists = make_launch("expert_lists", {}, {input_ref(1), scratch_ref()}, list_lanes);
  set_work(lists, context, ceil_div(weight.experts + 1, list_lanes), 0);

  std::vector<std::string> defines = operand_defines(context);
  defines.insert(defines.end(), more.begin(), more.end());
  defines.push_back(constant("TILE_ROWS", shape.tile_rows));
  Launch tiles =
      make_launch("expert_linear_grouped", std::move(defines),
                  {input_ref(0), scratch_ref(), input_ref(2), optional_input_ref(context, 3), output_ref(0)},
                  shape.local_size);
  set_work(tiles, context, (weight.experts + 1) * ceil_div(weight.rows, shape.tile_rows), 0);

  const int64_t entries = context.most.of(context.input(1).type.rows) * context.input(1).type.cols;
  Prepared prepared;
  prepared.launches = {std::move(lists), std::move(tiles)};
  prepared.scratch_bytes = (weight.experts + 2 + entries) * 4;
  return prepared;
}

Support supports_rows(const OpContext& context) {
  return supports_weight(context, 2);
}

Prepared prepare_rows(const OpContext& context) {
  const graph::Weight& weight = *context.input(2).weight();
  return with_rows(context, rows_shape(context, weight, 1, weight.cols % 4 == 0));
}

Support supports_grouped(const OpContext& context) {
  if (is_small_batch(context)) return Support::no("for more than 8 tokens");
  const Support weight = supports_weight(context, 2);
  return weight.ok ? supports_tile(context) : weight;
}

Prepared prepare_grouped(const OpContext& context) {
  return with_tiles(context, tile_shape(context.device), {});
}

Support supports_dot_rows(const OpContext& context) {
  return supports_dot_of_rows(context, 2);
}

Prepared prepare_dot_rows(const OpContext& context) {
  return with_rows(context, dot_rows_shape(context));
}

Support supports_dot_grouped(const OpContext& context) {
  const Support grouped = supports_grouped(context);
  return grouped.ok ? supports_integer_dot(context, 2) : grouped;
}

Prepared prepare_dot_grouped(const OpContext& context) {
  return with_tiles(context, dot_tile_shape(context.device), integer_dot_defines(context));
}

Support supports_amx_int8_grouped(const OpContext& context) {
  return supports_amx_int8(context, 2);
}

Prepared prepare_amx_int8_grouped(const OpContext& context) {
  return with_tiles(context, amx_int8_shape(context, 2), amx_int8_defines(context));
}

Support supports_amx_bf16_grouped(const OpContext& context) {
  return supports_amx_bf16(context, 2);
}

Prepared prepare_amx_bf16_grouped(const OpContext& context) {
  return with_tiles(context, amx_bf16_shape(context, 2), amx_bf16_defines(context, 2));
}

constexpr Variant kVariants[] = {
    {"expert_linear/fp8_columns", supports_expert_linear_fp8_columns, prepare_expert_linear_fp8_columns},
    {"expert_linear/fp8_wgmma", supports_expert_linear_fp8_wgmma, prepare_expert_linear_fp8_wgmma},
    {"expert_linear/amx_int8", supports_amx_int8_grouped, prepare_amx_int8_grouped},
    {"expert_linear/dot_grouped", supports_dot_grouped, prepare_dot_grouped},
    {"expert_linear/dot_rows", supports_dot_rows, prepare_dot_rows},
    {"expert_linear/mma_rows", supports_expert_linear_mma_rows, prepare_expert_linear_mma_rows},
    {"expert_linear/amx_bf16", supports_amx_bf16_grouped, prepare_amx_bf16_grouped},
    {"expert_linear/grouped", supports_grouped, prepare_grouped},
    {"expert_linear/rows", supports_rows, prepare_rows},
};

}  // namespace

std::span<const Variant> expert_linear_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
