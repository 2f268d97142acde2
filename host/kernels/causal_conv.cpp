#include "cl_kernels/args/causal_conv_args.h"
#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"
#include "host/kernels/ops.h"

namespace clinfer::kernels {

namespace {

constexpr int64_t kLanes = 64;
constexpr int64_t kTokensOfItem = 64;

/// Taps and rows of a lane are private memory.
Support supports(const OpContext& context) {
  constexpr int64_t kMostTaps = 64;
  return context.input(1).type.cols <= kMostTaps ? Support::yes() : Support::no("more than 64 taps");
}

Prepared prepare(const OpContext& context) {
  const int64_t lanes = lanes_for(context.device, kLanes);
  const int64_t taps = context.input(1).type.cols;
  const int64_t cols = context.input(0).type.cols;
  CausalConvArgs args{};
  args.cols = narrow(cols, "causal_conv: columns");
  args.chunk = narrow(std::max(kTokensOfItem, taps), "causal_conv: tokens of an item");
  args.has_bias = context.has_input(4);
  const bool silu = std::get<graph::CausalConv>(context.node.op).silu;
  Launch launch = make_launch("causal_conv", {constant("TAPS", taps), constant("SILU_OUT", silu)},
                              {input_ref(0), input_ref(1), output_ref(1), input_ref(3),
                               optional_input_ref(context, 4), output_ref(0)},
                              lanes);
  const int64_t width = one_item_workers(context.device) ? 16 : lanes;
  launch.work = [args, blocks = divide_up(cols, width),
                 device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.tokens, "causal_conv: tokens");
    return Work{worker_count(device, blocks * divide_up(sizes.tokens, args.chunk)), bytes_of(args)};
  };
  return one_launch(std::move(launch));
}

constexpr Variant kVariants[] = {{"causal_conv/columns", supports, prepare}};

}  // namespace

std::span<const Variant> causal_conv_variants() {
  return kVariants;
}

}  // namespace clinfer::kernels
