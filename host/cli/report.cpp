#include <spdlog/spdlog.h>

#include <filesystem>
#include <set>

#include "graph/parameters.h"
#include "host/cl/sha256.h"
#include "host/cli/arguments.h"
#include "host/cli/output.h"
#include "host/cli/progress.h"
#include "host/cli/scored_text.h"
#include "host/cli/setup.h"
#include "host/cli/source.h"
#include "host/config/print.h"
#include "host/report/conclude.h"
#include "host/report/html.h"
#include "host/report/json.h"
#include "host/report/markdown.h"
#include "host/report/measure.h"
#include "host/report/speed.h"
#include "host/report/tables.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> report_overrides(const Arguments& arguments) {
  std::vector<std::string> overrides;
  if (!arguments.file.empty()) overrides.push_back(literal_override("eval.text", arguments.file));
  if (!arguments.out.empty()) overrides.push_back(literal_override("report.output", arguments.out));
  return overrides;
}

std::string cache_name(config::CacheFormat format) {
  return format == config::CacheFormat::f16 ? "f16" : "f32";
}

report::Candidate candidate_of(const config::ReportCandidate& given, config::CacheFormat base_cache) {
  std::string name = given.name.empty() ? given.weights : given.name;
  if (given.name.empty() && given.kv_cache != base_cache) name += ", kv " + cache_name(given.kv_cache);
  return {std::move(name), given.weights, cache_name(given.kv_cache)};
}

config::RunConfig config_of(config::RunConfig config, const config::ReportCandidate& candidate) {
  config.weights.format = candidate.weights;
  config.kv_cache.format = candidate.kv_cache;
  return config;
}

/// Before anything is loaded: every candidate can be computed, and no two have one name.
void check_candidates(const config::RunConfig& config, const io::Checkpoint& checkpoint,
                      const DeviceChoice& devices) {
  const config::ReportConfig& report = config.report;
  if (report.candidates.empty())
    throw Error(Fault::usage, "report.candidates: expected one at least, got none");
  std::set<std::string> names;
  const auto check = [&](const std::string& key, const config::ReportCandidate& candidate) {
    report::check_runnable(key, candidate.weights);
    try {
      run::make_plans(checkpoint, engine_options(config_of(config, candidate), devices));
    } catch (const Error& error) {
      throw Error(error.fault(), key + ": " + error.what());
    }
  };
  check("report.base", report.base);
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    const std::string key = "report.candidates[" + std::to_string(i) + "]";
    check(key, report.candidates[i]);
    const std::string name = candidate_of(report.candidates[i], report.base.kv_cache).name;
    if (!names.insert(name).second) throw Error(Fault::usage, key + ": a second candidate called " + name);
  }
}

/// Makes the folder before the work, not after it.
std::string output_folder(const config::RunConfig& config) {
  const std::string folder = config.report.output.empty() ? "report" : config.report.output;
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder, error))
    throw Error(Fault::usage, "report.output: " + folder + " cannot be made");
  return folder;
}

/// Loads a configuration of the model for the windows.
LoadedModel load(const config::RunConfig& config, const report::Windows& windows) {
  return load_model(config, io::open(config.model.path),
                    report::rows_of_call(windows, config.runtime.batch_tokens));
}

void add_model(const LoadedModel& model, report::Identity& identity) {
  identity.family = model.engine->model().family;
  identity.parameters = graph::count_parameters(model.engine->model().main).total;
  identity.file_bytes = static_cast<int64_t>(model.checkpoint->file_bytes());
  for (const graph::DeviceInfo& info : model.engine->options().devices)
    identity.devices.push_back(info.id + " " + info.name + ", driver " + info.driver_version);
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

void add_kernels(const run::Engine& engine, std::vector<std::string>& kernels) {
  std::set<std::string> all(kernels.begin(), kernels.end());
  for (std::string& name : report::kernels_of(engine)) all.insert(std::move(name));
  kernels.assign(all.begin(), all.end());
}

report::WindowProgress drawn_on(ProgressBar& bar) {
  return [&bar](int64_t done, int64_t total) { bar.update(done, total); };
}

report::CandidateResult measure(const config::RunConfig& config, const report::Candidate& candidate,
                                const report::Windows& windows, const report::BaseRun& base,
                                std::vector<std::string>& kernels) {
  spdlog::info("{}", candidate.name);
  report::CandidateResult result;
  result.candidate = candidate;
  const LoadedModel model = load(config, windows);
  ProgressBar text_bar(candidate.name);
  result.comparison = report::run_candidate(*model.engine, windows, base, drawn_on(text_bar));
  text_bar.finish();
  ProgressBar tensor_bar(candidate.name + ", tensors");
  report::measure_weights(*model.engine, *model.checkpoint, drawn_on(tensor_bar), result);
  if (config.report.repetitions > 0)
    result.speed = report::measure_speed(*model.engine, config.report.repetitions);
  add_kernels(*model.engine, kernels);
  return result;
}

/// The base's run, which ends with its model taken down: two models need not fit at once.
report::BaseRun measure_base(const config::RunConfig& config, const report::Windows& windows,
                             report::Report& report) {
  const LoadedModel model = load(config_of(config, config.report.base), windows);
  add_model(model, report.identity);
  add_kernels(*model.engine, report.kernels);
  ProgressBar bar("base");
  report::BaseRun base = report::run_base(*model.engine, windows, drawn_on(bar));
  report.base_perplexity = base.perplexity;
  report.base_tail_mass = base.tail_mass;
  return base;
}

/// The run that the winner is, as a file that `clinfer run` takes.
std::string winner_yaml(config::LoadedConfig loaded, const report::Candidate& winner,
                        const config::ReportCandidate& given) {
  loaded.config = config_of(loaded.config, given);
  loaded.config.eval = {};
  loaded.config.report = {};
  std::erase_if(loaded.origins, [](const auto& origin) {
    return origin.first.starts_with("eval.") || origin.first.starts_with("report.");
  });
  loaded.origins["weights.format"] = "chosen by clinfer report";
  loaded.origins["kv_cache.format"] = "chosen by clinfer report";
  std::string name = winner.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return "# " + name + ", chosen by clinfer report.\n" + config::print_config(loaded);
}

void write_report(const std::string& folder, const report::Report& report,
                  const config::LoadedConfig& loaded) {
  const auto path = [&](const char* name) { return (fs::path(folder) / name).string(); };
  write_file(path("report.json"), report::to_json(report));
  write_file(path("report.md"), report::to_markdown(report));
  write_file(path("report.html"), report::to_html(report));
  if (report.winner)
    write_file(path("winner.yaml"), winner_yaml(loaded, report.candidates[*report.winner].candidate,
                                                loaded.config.report.candidates[*report.winner]));
}

}  // namespace

int report(const Arguments& arguments) {
  const config::LoadedConfig loaded = load_source(arguments, report_overrides(arguments));
  config::RunConfig config = loaded.config;
  const report::Windows windows = [&] {
    const std::unique_ptr<io::Checkpoint> checkpoint = io::open(config.model.path);
    report::Windows cut = scored_text(config, *checkpoint);
    fit_windows(cut, config);
    const DeviceChoice devices = choose_devices(config, graph::build_model(checkpoint->config()).layers);
    check_candidates(config, *checkpoint, devices);
    // One device for all from here on, and what choosing it has to say is said once.
    if (devices.placement.empty()) config.device = devices.devices.front().id;
    return cut;
  }();
  const std::string folder = output_folder(config);
  report::Report report;
  report.identity = identity_of(arguments, config, windows);
  report.gate = {config.report.gate.max_mean_kl, config.report.gate.max_ppl_ratio,
                 config.report.gate.min_top1};
  report.base = candidate_of(config.report.base, config.report.base.kv_cache);
  const report::BaseRun base = measure_base(config, windows, report);
  for (const config::ReportCandidate& given : config.report.candidates)
    report.candidates.push_back(measure(config_of(config, given),
                                        candidate_of(given, config.report.base.kv_cache), windows, base,
                                        report.kernels));
  report::conclude(report);
  write_report(folder, report, loaded);
  write_out(arguments.json ? report::to_json(report) : report::to_markdown(report::summary_table(report)));
  if (!arguments.json) {
    for (const std::string& line : report::verdict_lines(report)) print_out("{}\n", line);
    print_out("{}\n", (fs::path(folder) / "report.html").string());
  }
  return report::fails_gate(report) ? static_cast<int>(Fault::gate) : 0;
}

}  // namespace clinfer::cli
