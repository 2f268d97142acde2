#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/cl/sha256.h"
#include "host/cli/output.h"
#include "host/cli/report_steps.h"
#include "host/cli/scored_text.h"
#include "host/cli/setup.h"
#include "host/cli/source.h"
#include "host/report/conclude.h"
#include "host/report/history.h"
#include "host/report/html.h"
#include "host/report/json.h"
#include "host/report/markdown.h"
#include "host/report/tables.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

namespace fs = std::filesystem;

/// Makes the folder before the work, not after it.
std::string output_folder(const config::RunConfig& config) {
  const std::string folder = config.report.output.empty() ? "report" : config.report.output;
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder, error))
    throw Error(Fault::usage, "report.output: " + folder + " cannot be made");
  return folder;
}

report::Identity identity_of(const Arguments& arguments, const config::RunConfig& config,
                             const report::Windows& windows) {
  report::Identity identity;
  const std::string text = read_text(config.eval.text);
  identity.version = CLINFER_VERSION;
  identity.model = model_name(config.model.path);
  identity.text = fs::path(config.eval.text).filename().string();
  identity.text_bytes = static_cast<int64_t>(text.size());
  identity.text_sha256 = cl::hex(cl::Sha256().bytes(std::as_bytes(std::span(text))).digest());
  identity.context = windows.context;
  identity.windows = windows.count();
  identity.scored_tokens = windows.rows();
  identity.bos = windows.bos.has_value();
  identity.reproduce = "clinfer report " + arguments.config;
  for (const std::string& override : arguments.overrides) identity.reproduce += " --set " + override;
  return identity;
}

/// Everything that a report is made from.
struct Job {
  ReportRun base;
  std::vector<ReportRun> candidates;
  ReportPlan plan;
};

/// Before anything is loaded: every candidate can be computed.
Job make_job(const Arguments& arguments, const config::RunConfig& config) {
  Job job{report_base(arguments, config.report), report_candidates(arguments, config.report), {}};
  job.plan.sections = report::sections_of(config.report.sections);
  job.plan.repetitions = config.report.repetitions;
  const std::unique_ptr<io::Checkpoint> checkpoint = open_weights(config);
  job.plan.windows = scored_text(config, *checkpoint);
  job.plan.draft = job.plan.sections.contains(report::Section::draft) && run::has_draft(*checkpoint);
  const DeviceChoice devices = choose_devices(config, graph::build_model(checkpoint->config()).layers);
  check_run("report.base", job.base, job.plan, *checkpoint, devices);
  for (size_t i = 0; i < job.candidates.size(); ++i)
    check_run("report.candidates[" + std::to_string(i) + "]", job.candidates[i], job.plan, *checkpoint,
              devices);
  if (!devices.placement.empty()) return job;
  // One device for all from here on, and what choosing it has to say is said once.
  const auto pin = [&](ReportRun& run) {
    if (run.loaded.config.device == config.device) run.loaded.config.device = devices.devices.front().id;
  };
  pin(job.base);
  for (ReportRun& run : job.candidates) pin(run);
  return job;
}

void note_absent(const Job& job, report::Report& report) {
  const auto wanted = [&](report::Section section) { return job.plan.sections.contains(section); };
  if (wanted(report::Section::draft) && !job.plan.draft)
    report.absent.push_back("draft: the model has no draft module");
  if (wanted(report::Section::routing) && report.candidates.front().routing.empty())
    report.absent.push_back("routing: the model has no experts");
  if (wanted(report::Section::needle) && !report.base_needle)
    report.absent.push_back("needle: windows are too short to plant anything in");
}

/// The candidate that report.attribute names, or the chosen one, or the first.
size_t attributed(const std::string& name, const report::Report& report) {
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    if (report.candidates[i].candidate.name == name) return i;
  }
  if (!name.empty()) throw Error(Fault::usage, "report.attribute: no candidate is called " + name);
  return report.winner.value_or(0);
}

report::Report measure(Job& job, const config::ReportConfig& config, report::Report report) {
  report.base = job.base.candidate;
  const report::BaseRun base = measure_base(job.base, job.plan, report);
  for (const ReportRun& run : job.candidates)
    report.candidates.push_back(measure_candidate(run, job.plan, base, report));
  report::conclude(report);
  note_absent(job, report);
  if (job.plan.sections.contains(report::Section::determinism))
    compare_second_device(job.base, job.plan, config.second_device, report);
  if (job.plan.sections.contains(report::Section::attribution)) {
    const size_t index = attributed(config.attribute, report);
    attribute(job.base, job.candidates[index], report.candidates[index], job.plan, base, report);
  }
  return report;
}

void write_report(const std::string& folder, const report::Report& report, const Job& job) {
  const auto path = [&](const char* name) { return (fs::path(folder) / name).string(); };
  write_file(path("report.json"), report::to_json(report));
  write_file(path("report.md"), report::to_markdown(report));
  write_file(path("report.html"), report::to_html(report));
  if (report.winner) write_file(path("winner.yaml"), winner_yaml(job.candidates[*report.winner]));
}

void print(const report::Report& report, const std::string& folder, bool json) {
  write_out(json ? report::to_json(report) : report::to_markdown(report::summary_table(report)));
  if (json) return;
  for (const std::string& line : report::verdict_lines(report)) print_out("{}\n", line);
  print_out("{}\n", (fs::path(folder) / "report.html").string());
}

}  // namespace

int report(const Arguments& arguments) {
  const config::RunConfig config = load_source(arguments, report_overrides(arguments)).config;
  Job job = make_job(arguments, config);
  report::Report report;
  report.identity = identity_of(arguments, config, job.plan.windows);
  report.gate = {config.report.gate.max_mean_kl, config.report.gate.max_ppl_ratio,
                 config.report.gate.min_top1};
  // Read before the work: output may replace it.
  const std::string& previous = config.report.previous;
  const std::string earlier = previous.empty() ? "" : read_text(previous);
  if (!previous.empty()) report::compare_history(report, earlier, previous);
  const std::string folder = output_folder(config);
  report = measure(job, config.report, std::move(report));
  if (!previous.empty()) {
    report.previous = fs::path(previous).filename().string();
    report.history = report::compare_history(report, earlier, previous);
  }
  write_report(folder, report, job);
  print(report, folder, arguments.json);
  return report::fails_gate(report) ? static_cast<int>(Fault::gate) : 0;
}

}  // namespace clinfer::cli
