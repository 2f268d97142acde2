#include "cl_kernels/args/head_linear_args.h"
#include "host/kernels/matmul.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

const graph::HeadLinear& op_of(const OpContext& context) {
  return std::get<graph::HeadLinear>(context.node.op);
}

HeadLinearArgs make_args(const OpContext& context) {
  const graph::HeadLinear& op = op_of(context);
  HeadLinearArgs args{};
  args.weight = weight_args(*context.input(1).weight());
  args.heads = static_cast<i32>(op.heads);
  args.in_dim = static_cast<i32>(op.in_dim);
  args.out_dim = static_cast<i32>(op.out_dim);
  args.tail_dim = static_cast<i32>(op.tail_dim);
  args.row_stride = static_cast<i32>(op.row_stride);
  args.row_offset = static_cast<i32>(op.row_offset);
  return args;
}

/// `items` of one call are per_call + per_token * tokens.
Prepared prepared_for(const OpContext& context, Launch launch, int64_t per_call, int64_t per_token) {
  launch.work = [args = make_args(context), device = context.device, dim = context.input(0).type.rows,
                 per_call, per_token](const graph::Sizes& sizes) {
    HeadLinearArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    return Work{worker_count(device, per_call + per_token * now.tokens), bytes_of(now)};
  };
  return {{std::move(launch)}, 0, {}};
}

Support supports_plain(const OpContext& context) {
  if (op_of(context).transposed) return Support::no("for the plain form");
  return supports_weight(context, 1);
}

Prepared prepare_plain(const OpContext& context) {
  const graph::HeadLinear& op = op_of(context);
  const graph::Weight& weight = *context.input(1).weight();
  const bool aligned =
      op.row_stride % 8 == 0 && op.row_offset % 8 == 0 && op.in_dim % 4 == 0 && op.tail_dim % 4 == 0;
  const int64_t most = context.most.of(context.input(0).type.rows);
  const RowsShape shape = rows_shape(context, weight, most, aligned);
  std::vector<std::string> defines = weight_defines(context, weight);
  defines.insert(defines.end(), shape.defines.begin(), shape.defines.end());
  Launch launch = make_launch("head_linear", std::move(defines), {input_ref(0), input_ref(1), output_ref(0)},
                              shape.local_size);
  return prepared_for(context, std::move(launch), op.heads * ceil_div(op.out_dim, shape.item_rows), 0);
}

Support supports_transposed(const OpContext& context) {
  if (!op_of(context).transposed) return Support::no("for the transposed form");
  return supports_weight(context, 1);
}

Prepared prepare_transposed(const OpContext& context) {
  const int64_t lanes = group_size(context.device, 128);
  Launch launch = make_launch("head_linear_transposed", weight_defines(context, *context.input(1).weight()),
                              {input_ref(0), input_ref(1), output_ref(0)}, lanes);
  const graph::HeadLinear& op = op_of(context);
  const bool by_block = one_item_workers(context.device);
  return prepared_for(context, std::move(launch), by_block ? op.heads * ceil_div(op.out_dim, 32) : 0,
                      by_block ? 0 : op.heads * ceil_div(op.out_dim, lanes));
}

constexpr Variant kVariants[] = {
    {"head_linear/rows", supports_plain, prepare_plain},
    {"head_linear/transposed", supports_transposed, prepare_transposed},
};

}  // namespace

std::span<const Variant> head_linear_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
