#include <nlohmann/json.hpp>

#include "host/cli/arguments.h"
#include "host/cli/output.h"
#include "host/cli/progress.h"
#include "host/cli/scored_text.h"
#include "host/cli/setup.h"
#include "host/cli/source.h"
#include "host/report/score.h"
#include "host/report/statistics.h"
#include "host/run/input_statistics.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

std::vector<std::string> eval_overrides(const Arguments& arguments) {
  std::vector<std::string> overrides;
  if (!arguments.file.empty()) overrides.push_back(literal_override("eval.text", arguments.file));
  if (!arguments.weights.empty()) overrides.push_back(literal_override("weights.format", arguments.weights));
  return overrides;
}

void print(const config::RunConfig& config, const run::Engine& engine, const report::Windows& windows,
           const report::Perplexity& perplexity, bool json) {
  const graph::DeviceInfo& device = engine.options().devices.front();
  if (!json) {
    print_out("PPL = {:.4f} +/- {:.5f}\n", perplexity.value, perplexity.standard_error);
    print_out("{} tokens scored, {} chunks of {}; {}, weights {}, kv cache {}; {}\n", perplexity.count,
              windows.count(), windows.context, model_name(config.model.path), config.weights.format,
              engine.options().cache_format, device.name);
    return;
  }
  const nlohmann::json object = {{"perplexity", perplexity.value},
                                 {"standard_error", perplexity.standard_error},
                                 {"tokens", perplexity.count},
                                 {"chunks", windows.count()},
                                 {"context", windows.context},
                                 {"bos", windows.bos.has_value()},
                                 {"model", model_name(config.model.path)},
                                 {"weights", config.weights.format},
                                 {"kv_cache", engine.options().cache_format},
                                 {"device", device.name}};
  write_out(object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace

int eval(const Arguments& arguments) {
  if (!arguments.statistics.empty()) check_output_path("--statistics", arguments.statistics);
  config::RunConfig config = load_source(arguments, eval_overrides(arguments)).config;
  std::unique_ptr<io::Checkpoint> checkpoint = open_checkpoint(config);
  const report::Windows windows = scored_text(config, *checkpoint);
  fit_windows(windows, config);
  const int64_t rows = report::rows_of_call(windows, config.runtime.batch_tokens);
  const LoadedModel model = load_model(config, std::move(checkpoint), {.prefill_outputs = rows});
  run::InputStatistics statistics;
  if (!arguments.statistics.empty())
    model.engine->observe([&](const run::StepView& view) { statistics.add(view); });
  ProgressBar bar("eval");
  const std::vector<double> values = report::negative_log_likelihoods(
      *model.engine, windows, [&](int64_t done, int64_t total) { bar.update(done, total); });
  bar.finish();
  if (!arguments.statistics.empty()) io::write_statistics(arguments.statistics, statistics.all());
  print(config, *model.engine, windows, report::perplexity(values), arguments.json);
  return 0;
}

}  // namespace clinfer::cli
