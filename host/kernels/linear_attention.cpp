#include "cl_kernels/args/linear_attention_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

/// Few lanes a group: a head's columns are spread over as many compute units as they allow.
constexpr int64_t kLanes = 32;

int64_t local_bytes(const OpContext& context) {
  const auto& op = std::get<graph::LinearAttention>(context.node.op);
  return (lanes_for(context.device, kLanes) + 2 * op.key_dim) * static_cast<int64_t>(sizeof(f32));
}

/// A lane's columns of a state are private memory.
Support supports(const OpContext& context) {
  constexpr int64_t kMostKeyDim = 1024;
  if (std::get<graph::LinearAttention>(context.node.op).key_dim > kMostKeyDim)
    return Support::no("a head's key has more than 1024 columns");
  return local_memory_support(context.device, local_bytes(context));
}

LinearAttentionArgs args_of(const OpContext& context) {
  const auto& op = std::get<graph::LinearAttention>(context.node.op);
  const auto size = [](int64_t value) { return narrow(value, "linear_attention: columns"); };
  const graph::Type& decay = context.input(3).type;
  LinearAttentionArgs args{};
  args.heads = size(op.heads);
  args.heads_of_key = size(op.heads / op.key_heads);
  args.value_dim = size(op.value_dim);
  args.q_cols = size(context.input(0).type.cols);
  args.q_offset = size(op.queries.offset);
  args.q_stride = size(op.queries.head_stride);
  args.k_cols = size(context.input(1).type.cols);
  args.k_offset = size(op.keys.offset);
  args.k_stride = size(op.keys.head_stride);
  args.v_cols = size(context.input(2).type.cols);
  args.v_offset = size(op.values.offset);
  args.v_stride = size(op.values.head_stride);
  args.decay_cols = size(decay.cols);
  args.decay_rows = decay.rows == graph::kTokens;
  args.scale = op.scale;
  args.eps = op.eps;
  return args;
}

Prepared prepare(const OpContext& context) {
  const auto& op = std::get<graph::LinearAttention>(context.node.op);
  const int64_t lanes = lanes_for(context.device, kLanes);
  const bool by_channel = context.input(3).type.cols != op.heads;
  Launch launch = make_launch("linear_attention",
                              {constant("KEY_DIM", op.key_dim), constant("DELTA", op.delta),
                               constant("NORMALISE", op.normalise), constant("DECAY_BY_CHANNEL", by_channel)},
                              {input_ref(0), input_ref(1), input_ref(2), input_ref(3), output_ref(1),
                               input_ref(5), optional_input_ref(context, 6), output_ref(0)},
                              lanes);
  launch.local_bytes = static_cast<size_t>(local_bytes(context));
  const int64_t width = one_item_workers(context.device) ? 16 : lanes;
  launch.work = [args = args_of(context), items = op.heads * divide_up(op.value_dim, width),
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.tokens, "linear_attention: tokens");
    return Work{worker_count(device, items), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"linear_attention/columns", supports, prepare}};

}  // namespace

std::span<const Variant> linear_attention_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
