#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "graph/parameters.h"
#include "graph/work.h"
#include "host/cli/arguments.h"
#include "host/cli/bench_table.h"
#include "host/cli/interrupt.h"
#include "host/cli/output.h"
#include "host/cli/profile.h"
#include "host/cli/progress.h"
#include "host/cli/prompt.h"
#include "host/cli/setup.h"
#include "host/cli/source.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

/// Runs `count` arbitrary tokens from `position` on, again and again for one depth, in calls of at most
/// `most`.
void run_tokens(run::Engine& engine, int64_t position, int64_t count, int64_t most) {
  std::vector<int32_t> ids;
  engine.jump_to(position);
  while (count > 0 && !interrupted()) {
    const int64_t now = std::min(count, most);
    ids.resize(static_cast<size_t>(now));
    for (int64_t i = 0; i < now; ++i)
      ids[static_cast<size_t>(i)] = static_cast<int32_t>((position + i) * 7919 % engine.model().vocab_size);
    const auto last = static_cast<int32_t>(now) - 1;
    engine.forward(ids, position, std::span(&last, 1));
    position += now;
    count -= now;
  }
}

double seconds_of(run::Engine& engine, int64_t depth, int64_t tokens, int64_t most) {
  const auto start = std::chrono::steady_clock::now();
  run_tokens(engine, depth, tokens, most);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// All rows; those that were finished when a signal came.
std::vector<BenchRow> measure(run::Engine& engine, const config::BenchConfig& bench) {
  std::vector<BenchRow> rows;
  ProgressBar bar("bench");
  const size_t cases = bench.depths.size() * (bench.prompt_tokens.size() + bench.generate_tokens.size());
  const auto add = [&](const char* kind, int64_t tokens, int64_t depth, int64_t most) {
    BenchRow row{fmt::format("{}{}{}", kind, tokens, depth > 0 ? fmt::format(" @ d{}", depth) : ""), {}, {}};
    run_tokens(engine, depth, std::min<int64_t>(tokens, most), most);  // warm-up
    for (int64_t i = 0; i < bench.repetitions; ++i) {
      const std::clock_t cpu = std::clock();
      const double seconds = seconds_of(engine, depth, tokens, most);
      if (interrupted()) return;
      row.cpu_seconds.push_back(static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
      row.rates.push_back(static_cast<double>(tokens) / seconds);
      bar.update(static_cast<int64_t>(rows.size()) * bench.repetitions + i + 1,
                 static_cast<int64_t>(cases) * bench.repetitions);
    }
    rows.push_back(std::move(row));
  };
  for (const int64_t depth : bench.depths) {
    run_tokens(engine, 0, depth, engine.batch_tokens());
    for (const int64_t tokens : bench.prompt_tokens) add("pp", tokens, depth, engine.batch_tokens());
    for (const int64_t tokens : bench.generate_tokens) add("tg", tokens, depth, 1);
  }
  return rows;
}

/// llama-bench's lists as an override: {"128,512"} gives bench.KEY=[128,512]. `skip_zero`: 0 stands for none.
void add_list(const char* key, const std::vector<std::string>& words, bool skip_zero,
              std::vector<std::string>& overrides) {
  if (words.empty()) return;
  std::string list;
  for (const std::string& word : words) {
    for (size_t begin = 0; begin <= word.size();) {
      const size_t end = std::min(word.find(',', begin), word.size());
      const std::string item = word.substr(begin, end - begin);
      const bool number = !item.empty() && item.find_first_not_of("0123456789") == std::string::npos;
      if (!number)
        throw Error(Fault::usage,
                    std::string("bench ") + key + ": expected numbers like 128,512, got " + word);
      if (!(skip_zero && item == "0")) list += (list.empty() ? "" : ",") + item;
      begin = end + 1;
    }
  }
  overrides.push_back(std::string("bench.") + key + "=[" + list + "]");
}

std::vector<std::string> bench_overrides(const Arguments& arguments) {
  std::vector<std::string> overrides;
  add_list("prompt_tokens", arguments.bench_prompt, true, overrides);
  add_list("generate_tokens", arguments.bench_tokens, true, overrides);
  add_list("depths", arguments.bench_depths, false, overrides);
  if (arguments.repetitions)
    overrides.push_back("bench.repetitions=" + std::to_string(*arguments.repetitions));
  return overrides;
}

int64_t largest(const std::vector<int64_t>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

/// Makes the context as long as the longest case, where the configuration leaves that open.
void fit_context(config::RunConfig& config, const io::Checkpoint& checkpoint) {
  const config::BenchConfig& bench = config.bench;
  const int64_t tokens = std::max(largest(bench.prompt_tokens), largest(bench.generate_tokens));
  if (tokens == 0 || bench.depths.empty()) throw Error(Fault::usage, "bench: nothing to measure");
  const int64_t needed = largest(bench.depths) + tokens;
  check_length("the longest case", static_cast<size_t>(needed), context_of(config, checkpoint));
  if (config.kv_cache.max_context == 0) config.kv_cache.max_context = needed;
}

BenchSubject subject_of(const config::RunConfig& config, const LoadedModel& model) {
  BenchSubject subject;
  subject.model = model_name(config.model.path);
  subject.family = model.engine->model().family;
  subject.weights = config.weights.format;
  subject.cache = model.engine->options().cache_format;
  for (const graph::DeviceInfo& info : model.engine->options().devices) {
    subject.device += (subject.device.empty() ? "" : " + ") + info.id + " " + info.name;
    subject.driver += (subject.driver.empty() ? "" : " + ") + info.driver_version;
  }
  const graph::Graph& prefill = model.engine->plans().list.at(0)->graph;
  const graph::Graph& decode = model.engine->plans().list.at(1)->graph;
  subject.file_bytes = model.checkpoint->has_bytes() ? static_cast<int64_t>(model.checkpoint->file_bytes())
                                                     : static_cast<int64_t>(graph::weight_bytes(decode));
  subject.parameters = graph::count_parameters(model.engine->model().main).total;
  subject.batch_tokens = model.engine->batch_tokens();
  subject.token_weight_bytes = graph::work_of(decode, {1, 1, 1}).weight_bytes;
  const int64_t batch = subject.batch_tokens;
  subject.prompt_matmul_flops = graph::matmul_flops(prefill, {batch, 1, batch}) / static_cast<double>(batch);
  return subject;
}

}  // namespace

int bench(const Arguments& arguments) {
  config::RunConfig config = load_source(arguments, bench_overrides(arguments)).config;
  config.speculative.method = config::SpeculativeMethod::none;  // the model alone is measured
  std::unique_ptr<io::Checkpoint> checkpoint = open_checkpoint(config);
  fit_context(config, *checkpoint);
  const std::shared_ptr<run::Profile> profile = begin_profile("bench", arguments.profile);
  const LoadedModel model = load_model(config, std::move(checkpoint), {.profile = profile});
  const GracefulScope scope;
  const std::vector<BenchRow> rows = measure(*model.engine, config.bench);
  write_out(bench_table(subject_of(config, model), rows, arguments.output));
  flush_out();
  if (profile != nullptr) finish_profile(arguments.profile, *profile, model);
  end_if_interrupted();
  return 0;
}

}  // namespace clinfer::cli
