#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <numeric>

#include <nlohmann/json.hpp>

#include "graph/parameters.h"
#include "host/cli/arguments.h"
#include "host/cli/interrupt.h"
#include "host/cli/log.h"
#include "host/cli/progress.h"
#include "host/cli/setup.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

/// One row, named as llama-bench names it: pp512, tg128, tg128 @ d1024.
struct Row {
  std::string test;
  std::vector<double> rates;  ///< tokens a second, one a repetition

  double mean() const {
    return std::accumulate(rates.begin(), rates.end(), 0.0) / static_cast<double>(rates.size());
  }
  double deviation() const {
    if (rates.size() < 2) return 0;
    double sum = 0;
    for (double r : rates) sum += (r - mean()) * (r - mean());
    return std::sqrt(sum / static_cast<double>(rates.size() - 1));
  }
};

/// Runs `count` arbitrary tokens from `position` on, in calls of at most `most`.
void run_tokens(run::Engine& engine, int64_t position, int64_t count, int64_t most) {
  std::vector<int32_t> ids;
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

std::vector<Row> measure(run::Engine& engine, const config::BenchConfig& bench) {
  std::vector<Row> rows;
  ProgressBar bar("bench");
  const size_t cases = bench.depths.size() * (bench.prompt_tokens.size() + bench.generate_tokens.size());
  const auto add = [&](const char* kind, int64_t tokens, int64_t depth, int64_t most) {
    if (depth + tokens > engine.max_context()) {
      throw Error(Fault::usage, fmt::format("bench: {} tokens at depth {} exceed the context of {}", tokens,
                                            depth, engine.max_context()));
    }
    Row row{fmt::format("{}{}{}", kind, tokens, depth > 0 ? fmt::format(" @ d{}", depth) : ""), {}};
    run_tokens(engine, depth, std::min<int64_t>(tokens, most), most);  // warm-up
    for (int64_t i = 0; i < bench.repetitions && !interrupted(); ++i) {
      row.rates.push_back(static_cast<double>(tokens) / seconds_of(engine, depth, tokens, most));
      bar.update(static_cast<int64_t>(rows.size()) * bench.repetitions + i + 1,
                 static_cast<int64_t>(cases) * bench.repetitions);
    }
    if (!row.rates.empty()) rows.push_back(std::move(row));
  };
  for (int64_t depth : bench.depths) {
    if (depth > 0) run_tokens(engine, 0, depth, engine.batch_tokens());
    for (int64_t tokens : bench.prompt_tokens) add("pp", tokens, depth, engine.batch_tokens());
    for (int64_t tokens : bench.generate_tokens) add("tg", tokens, depth, 1);
  }
  return rows;
}

struct Subject {
  std::string model;
  double mib;
  double million_parameters;
  std::string device;
};

void print_md(const Subject& s, const std::vector<Row>& rows) {
  fmt::print("| model | size | params | device | test | t/s |\n| --- | ---: | ---: | --- | ---: | ---: |\n");
  for (const Row& r : rows) {
    fmt::print("| {} | {:.2f} MiB | {:.2f} M | {} | {} | {:.2f} ± {:.2f} |\n", s.model, s.mib,
               s.million_parameters, s.device, r.test, r.mean(), r.deviation());
  }
}

void print_csv(const Subject& s, const std::vector<Row>& rows) {
  fmt::print("model,model_mib,model_million_params,device,test,avg_ts,stddev_ts\n");
  for (const Row& r : rows) {
    fmt::print("\"{}\",{:.2f},{:.2f},\"{}\",\"{}\",{:.4f},{:.4f}\n", s.model, s.mib, s.million_parameters,
               s.device, r.test, r.mean(), r.deviation());
  }
}

void print_json(const Subject& s, const std::vector<Row>& rows) {
  nlohmann::json list = nlohmann::json::array();
  for (const Row& r : rows) {
    list.push_back({{"model", s.model},
                    {"model_mib", s.mib},
                    {"model_million_params", s.million_parameters},
                    {"device", s.device},
                    {"test", r.test},
                    {"avg_ts", r.mean()},
                    {"stddev_ts", r.deviation()},
                    {"samples_ts", r.rates}});
  }
  fmt::print("{}\n", list.dump(2));
}

}  // namespace

int bench(const Arguments& arguments) {
  const config::RunConfig config = config::load(arguments.config, arguments.overrides).config;
  set_up_log(config.log);
  const LoadedModel model = load_model(config);
  const std::vector<Row> rows = measure(*model.engine, config.bench);
  std::string device;
  for (const graph::DeviceInfo& info : model.engine->options().devices)
    device += (device.empty() ? "" : " + ") + info.id + " " + info.name;
  const graph::Parameters parameters = graph::count_parameters(model.engine->model().main);
  const Subject subject{std::filesystem::path(config.model.path).filename().string(),
                        static_cast<double>(model.checkpoint->file_bytes()) / (1 << 20),
                        static_cast<double>(parameters.total) / 1e6, device};
  const auto print = arguments.output == "csv"    ? print_csv
                     : arguments.output == "json" ? print_json
                                                  : print_md;
  print(subject, rows);
  return signal_exit_code();
}

}  // namespace clinfer::cli
