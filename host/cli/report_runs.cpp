#include "host/cli/report_runs.h"

#include <algorithm>
#include <set>

#include "host/cli/source.h"
#include "host/config/print.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

constexpr const char* kWeights = "weights.format";
constexpr const char* kCache = "kv_cache.format";

using Settings = std::vector<std::pair<std::string, std::string>>;

Settings settings_of(const config::ReportCandidate& given) {
  Settings settings;
  if (!given.weights.empty()) settings.emplace_back(kWeights, given.weights);
  if (!given.kv_cache.empty()) settings.emplace_back(kCache, given.kv_cache);
  settings.insert(settings.end(), given.set.begin(), given.set.end());
  return settings;
}

Settings base_settings(const config::ReportConfig& report) {
  Settings settings = {{kWeights, "keep"}, {kCache, "f32"}};
  const Settings given = settings_of(report.base);
  settings.insert(settings.end(), given.begin(), given.end());
  return settings;
}

ReportRun load_run(const Arguments& arguments, const std::string& key, const Settings& settings) {
  std::vector<std::string> overrides;
  for (const auto& [name, value] : settings) {
    if (name.starts_with("report.") || name.starts_with("eval.") || name.starts_with("model."))
      throw Error(Fault::usage, key + ".set: " + name + " is the same for all candidates");
    overrides.push_back(name + "=" + value);
  }
  ReportRun run;
  try {
    run.loaded = load_variant(arguments, report_overrides(arguments), overrides);
  } catch (const Error& error) {
    throw Error(error.fault(), key + ": " + error.what());
  }
  for (const auto& [name, value] : settings) {
    run.candidate.settings[name] = value;
    run.loaded.origins[name] = "chosen by clinfer report";
  }
  run.candidate.weights = run.candidate.settings[kWeights];
  run.candidate.kv_cache = run.candidate.settings[kCache];
  return run;
}

std::string name_of(const config::ReportCandidate& given, const report::Candidate& candidate,
                    const Settings& base) {
  if (!given.name.empty()) return given.name;
  std::string name = candidate.weights;
  for (const auto& [key, value] : settings_of(given)) {
    const bool as_base = std::find(base.begin(), base.end(), std::pair(key, value)) != base.end();
    if (key == kCache && !as_base) name += ", kv " + value;
    if (key != kCache && key != kWeights) name += ", " + key + " " + value;
  }
  return name;
}

}  // namespace

std::vector<std::string> report_overrides(const Arguments& arguments) {
  std::vector<std::string> overrides;
  if (!arguments.file.empty()) overrides.push_back(literal_override("eval.text", arguments.file));
  if (!arguments.out.empty()) overrides.push_back(literal_override("report.output", arguments.out));
  return overrides;
}

ReportRun report_base(const Arguments& arguments, const config::ReportConfig& report) {
  ReportRun run = load_run(arguments, "report.base", base_settings(report));
  run.candidate.name = report.base.name.empty() ? "base" : report.base.name;
  return run;
}

std::vector<ReportRun> report_candidates(const Arguments& arguments, const config::ReportConfig& report) {
  if (report.candidates.empty())
    throw Error(Fault::usage, "report.candidates: expected one at least, got none");
  const Settings base = base_settings(report);
  std::vector<ReportRun> runs;
  std::set<std::string> names;
  for (size_t i = 0; i < report.candidates.size(); ++i) {
    const std::string key = "report.candidates[" + std::to_string(i) + "]";
    const config::ReportCandidate& given = report.candidates[i];
    Settings settings = base;
    const Settings own = settings_of(given);
    settings.insert(settings.end(), own.begin(), own.end());
    ReportRun run = load_run(arguments, key, settings);
    run.candidate.name = name_of(given, run.candidate, base);
    if (!names.insert(run.candidate.name).second)
      throw Error(Fault::usage, key + ": a second candidate called " + run.candidate.name);
    runs.push_back(std::move(run));
  }
  return runs;
}

std::string winner_yaml(ReportRun run) {
  config::LoadedConfig& loaded = run.loaded;
  loaded.config.eval = {};
  loaded.config.report = {};
  std::erase_if(loaded.origins, [](const auto& origin) {
    return origin.first.starts_with("eval.") || origin.first.starts_with("report.");
  });
  std::string name = run.candidate.name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return "# " + name + ", chosen by clinfer report.\n" + config::print_config(loaded);
}

}  // namespace clinfer::cli
