#include "cl_kernels/args/embedding_args.h"
#include "host/kernels/matmul.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

Support supports(const OpContext& context) {
  return supports_weight(context, 1);
}

Prepared prepare(const OpContext& context) {
  const graph::Weight& table = *context.input(1).weight();
  Launch launch = make_launch("embedding", weight_defines(context, table),
                              {input_ref(0), input_ref(1), output_ref(0)}, group_size(context.device, 64));
  EmbeddingArgs args{};
  args.weight = weight_args(table);
  args.scale = std::get<graph::Embedding>(context.node.op).scale;
  launch.work = [args, device = context.device, dim = context.input(0).type.rows](const graph::Sizes& sizes) {
    EmbeddingArgs now = args;
    now.tokens = static_cast<i32>(sizes.of(dim));
    return Work{worker_count(device, now.tokens), bytes_of(now)};
  };
  return {{std::move(launch)}, 0, {}};
}

constexpr Variant kVariants[] = {{"embedding/row", supports, prepare}};

}  // namespace

std::span<const Variant> embedding_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
