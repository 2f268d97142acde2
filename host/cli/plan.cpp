#include <fmt/format.h>

#include "graph/print.h"
#include "host/cli/arguments.h"
#include "host/cli/log.h"
#include "host/cli/setup.h"
#include "host/plan/print.h"

namespace clinfer::cli {

int plan(const Arguments& arguments) {
  const config::RunConfig config = config::load(arguments.config, arguments.overrides).config;
  set_up_log(config.log);
  const std::unique_ptr<io::Checkpoint> checkpoint = io::open(config.model.path);
  const DeviceChoice choice = choose_devices(config, graph::build_model(checkpoint->config()).layers);
  const run::Plans plans = run::make_plans(*checkpoint, engine_options(config, choice));
  if (arguments.json) fmt::print("[");
  for (size_t i = 0; i < plans.list.size(); ++i) {
    const plan::Plan& plan = *plans.list[i];
    if (arguments.dot) {
      fmt::print("{}\n", graph::to_dot(plan.graph));
    } else if (arguments.json) {
      fmt::print("{}{}", i == 0 ? "" : ",\n", plan::to_json(plan, choice.devices));
    } else {
      fmt::print("{}\n", plan::to_text(plan, choice.devices, arguments.reasons));
    }
  }
  if (arguments.json) fmt::print("]\n");
  return 0;
}

}  // namespace clinfer::cli
