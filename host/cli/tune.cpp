#include <fmt/format.h>

#include <filesystem>

#include <spdlog/spdlog.h>

#include "host/cl/platforms.h"
#include "host/cl/program_cache.h"
#include "host/cl/selector.h"
#include "host/cli/arguments.h"
#include "host/cli/log.h"
#include "host/cli/output.h"
#include "host/cli/progress.h"
#include "host/cli/source.h"
#include "host/tune/descent.h"
#include "host/tune/tuning.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

constexpr double kMostBudget = 24 * 3600;

/// The configuration's device is of interest, not its model.
config::RunConfig configuration(const Arguments& arguments) {
  if (!arguments.config.empty()) {
    config::RunConfig config = load_variant(arguments, {}, {}).config;
    set_up_log(config.log, arguments);
    return config;
  }
  config::RunConfig config;
  if (!arguments.device.empty()) config.device = arguments.device;
  return config;
}

graph::DeviceInfo chosen_device(const std::string& selector) {
  const cl::Inventory inventory = cl::list_devices();
  const cl::Choice choice = cl::select_device(selector, inventory.devices, cl::install_advice(inventory));
  if (!choice.warning.empty()) spdlog::warn("{}", choice.warning);
  return choice.device;
}

/// Where to write: -o, else the user's file, whose folder is made.
std::string output_file(const Arguments& arguments, const graph::DeviceInfo& device) {
  if (!arguments.out.empty()) {
    check_output_path("--out", arguments.out);
    return arguments.out;
  }
  const std::filesystem::path path = tune::user_file(device);
  if (path.empty()) throw Error(Fault::usage, "tune: expected --out FILE where HOME is not set");
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  check_output_path("the user's file", path.string());
  return path.string();
}

std::string outcome_of(const tune::Finding& finding) {
  if (finding.outcome == tune::Outcome::without_effect) return "not used";
  if (finding.outcome == tune::Outcome::not_reached) return "not reached";
  return fmt::format("{:.3f}", finding.gain);
}

void print_findings(const graph::DeviceInfo& device, const std::vector<tune::Finding>& findings) {
  print_out("{} {}\n", device.id, device.name);
  print_out("{:<24}{:>8}{:>8}{:>13}  {}\n", "constant", "usual", "chosen", "speed", "measured by");
  for (const tune::Finding& finding : findings) {
    std::string workloads;
    for (const std::string& name : finding.workloads) workloads += (workloads.empty() ? "" : "; ") + name;
    print_out("{:<24}{:>8}{:>8}{:>13}  {}\n", finding.constant->name, finding.usual, finding.chosen,
              outcome_of(finding), workloads);
  }
}

}  // namespace

int tune(const Arguments& arguments) {
  if (!(arguments.budget > 0 && arguments.budget <= kMostBudget))
    throw Error(Fault::usage, fmt::format("--budget: expected seconds in (0, {}]", kMostBudget));
  const config::RunConfig config = configuration(arguments);
  const graph::DeviceInfo device = chosen_device(config.device);
  const std::string path = output_file(arguments, device);
  cl::ProgramCache programs({.folder = ""});  // storing programs would disturb what is measured
  ProgressBar bar("tuning");
  const std::vector<tune::Finding> findings =
      tune::descend(cl::Device(device), programs, tune::workload_kinds(device), arguments.budget,
                    [&](int64_t done, int64_t total) { bar.update(done, total); });
  bar.finish();
  print_findings(device, findings);
  tune::DeviceFile file = tune::file_for(device);
  file.constants = tune::chosen_constants(findings);
  write_file(path, tune::to_yaml(file));
  print_out("written to {}\n", path);
  return 0;
}

}  // namespace clinfer::cli
