
#include "graph/print.h"
#include "host/cli/arguments.h"
#include "host/cli/output.h"
#include "host/cli/setup.h"
#include "host/cli/source.h"
#include "host/plan/html.h"
#include "host/plan/print.h"

namespace clinfer::cli {
namespace {

void print_json(const run::Plans& plans, const std::vector<graph::DeviceInfo>& devices) {
  print_out("[");
  for (size_t i = 0; i < plans.list.size(); ++i)
    print_out("{}{}", i == 0 ? "" : ",\n", plan::to_json(*plans.list[i], devices));
  print_out("]\n");
}

}  // namespace

int plan(const Arguments& arguments) {
  if (!arguments.html.empty()) check_output_path("--html", arguments.html);
  const config::RunConfig config = load_source(arguments).config;
  const std::unique_ptr<io::Checkpoint> checkpoint = open_checkpoint(config);
  const DeviceChoice choice = choose_devices(config, graph::build_model(checkpoint->config()).layers);
  const run::Plans plans = run::make_plans(*checkpoint, engine_options(config, choice));
  if (!arguments.html.empty()) {
    const std::string name = model_name(config.model.path);
    write_file(arguments.html, plan::to_html("Plan of " + name, plans.list, choice.devices));
    if (!arguments.json && !arguments.dot) return 0;
  }
  if (arguments.json) {
    print_json(plans, choice.devices);
    return 0;
  }
  for (const auto& plan : plans.list) {
    print_out("{}\n", arguments.dot ? graph::to_dot(plan->graph)
                                    : plan::to_text(*plan, choice.devices, arguments.reasons));
  }
  return 0;
}

}  // namespace clinfer::cli
