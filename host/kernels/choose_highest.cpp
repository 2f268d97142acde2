#include "host/kernels/choose_highest.h"

#include "host/kernels/lanes.h"
#include "host/kernels/narrow.h"

namespace clinfer::kernels {

Launch choose_highest(const OpContext& context, size_t positions, ChooseHighestArgs args) {
  constexpr int64_t kLanes = 256;
  Launch launch = make_launch("choose_highest", {}, {scratch_ref(), input_ref(positions), output_ref(0)},
                              lanes_for(context.device, kLanes));
  launch.work = [args, device = context.device](const graph::Sizes& sizes) mutable {
    args.tokens = narrow(sizes.tokens, "choose_highest: tokens");
    args.context = narrow(sizes.context, "choose_highest: context");
    return Work{worker_count(device, sizes.tokens * args.sets), bytes_of(args)};
  };
  return launch;
}

}  // namespace clinfer::kernels
