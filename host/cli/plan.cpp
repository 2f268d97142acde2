#include <fmt/format.h>

#include "graph/print.h"
#include "host/cli/arguments.h"
#include "host/cli/log.h"
#include "host/cli/setup.h"
#include "host/io/atomic_file.h"
#include "host/plan/html.h"
#include "host/plan/print.h"

namespace clinfer::cli {
namespace {

void write_page(const std::string& path, const std::string& html) {
  io::AtomicFile file(path);
  file.write(std::as_bytes(std::span(html)));
  file.commit();
}

void print_json(const run::Plans& plans, const std::vector<graph::DeviceInfo>& devices) {
  fmt::print("[");
  for (size_t i = 0; i < plans.list.size(); ++i)
    fmt::print("{}{}", i == 0 ? "" : ",\n", plan::to_json(*plans.list[i], devices));
  fmt::print("]\n");
}

}  // namespace

int plan(const Arguments& arguments) {
  const config::RunConfig config = config::load(arguments.config, arguments.overrides).config;
  set_up_log(config.log);
  const std::unique_ptr<io::Checkpoint> checkpoint = io::open(config.model.path);
  const DeviceChoice choice = choose_devices(config, graph::build_model(checkpoint->config()).layers);
  const run::Plans plans = run::make_plans(*checkpoint, engine_options(config, choice));
  if (!arguments.html.empty())
    write_page(arguments.html, plan::to_html("Plan of " + config.model.path, plans.list, choice.devices));
  if (arguments.json) {
    print_json(plans, choice.devices);
    return 0;
  }
  for (const auto& plan : plans.list) {
    fmt::print("{}\n", arguments.dot ? graph::to_dot(plan->graph)
                                     : plan::to_text(*plan, choice.devices, arguments.reasons));
  }
  return 0;
}

}  // namespace clinfer::cli
