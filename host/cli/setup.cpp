#include "host/cli/setup.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include <spdlog/spdlog.h>

#include "host/cl/selector.h"
#include "host/cli/progress.h"
#include "host/cli/tensor_roles.h"
#include "host/io/statistics_file.h"
#include "host/quantize/rules.h"
#include "host/run/dummy_checkpoint.h"
#include "host/tune/tuning.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

/// Chooses devices by selector; the same device asked for twice is opened once.
class Chooser {
 public:
  explicit Chooser(cl::Inventory inventory)
      : inventory_(std::move(inventory)), advice_(cl::install_advice(inventory_)) {
    for (const std::string& warning : inventory_.warnings) spdlog::warn("{}", warning);
  }

  int index_of(const std::string& selector) {
    const auto [known, fresh] = indices_.try_emplace(selector, -1);
    if (fresh) known->second = choose(selector);
    return known->second;
  }

  std::vector<graph::DeviceInfo> chosen;

 private:
  int choose(const std::string& selector) {
    const cl::Choice choice = cl::select_device(selector, inventory_.devices, advice_);
    if (!choice.warning.empty()) spdlog::warn("{}", choice.warning);
    for (size_t i = 0; i < chosen.size(); ++i) {
      if (chosen[i].id == choice.device.id) return static_cast<int>(i);
    }
    chosen.push_back(choice.device);
    return static_cast<int>(chosen.size()) - 1;
  }

  cl::Inventory inventory_;
  std::string advice_;
  std::map<std::string, int> indices_;
};

bool covers(const config::LayerSpan& span, int64_t stage, int64_t layers) {
  switch (span.part) {
    case config::LayerPart::all:
      return true;
    case config::LayerPart::embedding:
      return stage == graph::kEmbeddingStage;
    case config::LayerPart::head:
      return stage == layers;
    case config::LayerPart::range:
      return stage >= span.first && stage <= span.last && stage < layers;
  }
  return false;
}

void check_spans(const config::RunConfig& config, int64_t layers) {
  for (const config::PlacementRule& rule : config.placement) {
    if (rule.layers.part == config::LayerPart::range && rule.layers.last >= layers) {
      throw Error(Fault::usage, "placement: layers " + std::to_string(rule.layers.first) + "-" +
                                    std::to_string(rule.layers.last) + ", but the model has layers 0-" +
                                    std::to_string(layers - 1));
    }
  }
}

/// weights.rules and weights.ignore as the engine asks for them.
graph::FormatRules weight_rules(const config::WeightsConfig& weights) {
  if (weights.rules.empty() && weights.ignore.empty()) return {};
  const quantize::Rules rules("weights", weights.ignore, weights.rules);
  return [rules](const std::string& tensor, const std::string& role) -> std::optional<graph::FormatRule> {
    const std::optional<quantize::Encoding> encoding = rules.choose(tensor, role);
    if (!encoding) return std::nullopt;
    if (encoding->format == nullptr) return graph::FormatRule{};
    return graph::FormatRule{std::string(encoding->format->name), quant::option_words(encoding->options)};
  };
}

/// The file of weights.importance; nullptr for none.
std::shared_ptr<const io::StatisticsFile> statistics_of(const config::WeightsConfig& weights) {
  if (weights.importance.empty()) return nullptr;
  auto file = std::make_shared<const io::StatisticsFile>(weights.importance);
  if (file->unseen() > 0) {
    spdlog::warn("{}: {} matrices of experts saw no token; their columns weigh all alike", weights.importance,
                 file->unseen());
  }
  return file;
}

}  // namespace

std::unique_ptr<io::Checkpoint> open_checkpoint(const config::RunConfig& config) {
  if (!config.weights.dummy) return io::open(config.model.path);
  auto checkpoint = std::make_unique<run::DummyCheckpoint>(config.model.path, config.model.layers);
  spdlog::warn("weights.dummy: random weights of the shapes in {}; what is computed means nothing",
               config.model.path);
  return checkpoint;
}

std::unique_ptr<io::Checkpoint> open_weights(const config::RunConfig& config) {
  if (config.weights.dummy)
    throw Error(Fault::usage, "key weights.dummy: this needs a model with weights of its own");
  return io::open(config.model.path);
}

DeviceChoice choose_devices(const config::RunConfig& config, int64_t layers,
                            const std::shared_future<cl::Inventory>& listed) {
  check_spans(config, layers);
  Chooser chooser(listed.valid() ? listed.get() : cl::list_devices());
  DeviceChoice choice;
  const auto rule_for = [&](int64_t stage) {
    return std::find_if(
        config.placement.begin(), config.placement.end(),
        [&](const config::PlacementRule& rule) { return covers(rule.layers, stage, layers); });
  };
  for (int64_t stage = graph::kEmbeddingStage; stage <= layers; ++stage) {
    const auto rule = rule_for(stage);
    choice.placement.push_back(
        chooser.index_of(rule == config.placement.end() ? config.device : rule->device));
  }
  choice.devices = chooser.chosen;
  tune::apply(choice.devices, config.runtime.tuning);
  if (choice.devices.size() == 1) choice.placement.clear();
  return choice;
}

run::EngineOptions engine_options(const config::RunConfig& config, const DeviceChoice& choice) {
  run::EngineOptions options;
  options.devices = choice.devices;
  options.placement = choice.placement;
  options.weights_format = config.weights.format;
  options.importance = statistics_of(config.weights);
  options.weight_rules = weight_rules(config.weights);
  options.activations_format = config.activations.format;
  options.cache_format = config.kv_cache.format;
  options.max_context = config.kv_cache.max_context;
  if (config.kv_cache.window > 0) options.stream = {config.kv_cache.window, config.kv_cache.first_rows};
  options.batch_tokens = config.runtime.batch_tokens;
  options.draft = config.speculative.method == config::SpeculativeMethod::mtp;
  constexpr int64_t kWorthJoining = int64_t{16} << 20;
  if (config.runtime.join_launches) options.join_from_bytes = kWorthJoining;
  options.verify_kernels = config.runtime.verify_kernels;
  options.force_variant.insert(config.runtime.force_variant.begin(), config.runtime.force_variant.end());
  if (config.runtime.memory_limit > 0) {
    for (graph::DeviceInfo& device : options.devices)
      device.global_bytes = std::min(device.global_bytes, config.runtime.memory_limit);
  }
  return options;
}

std::unique_ptr<cl::ProgramCache> open_program_cache(const config::RunConfig& config,
                                                     const std::shared_ptr<run::Profile>& profile) {
  cl::ProgramCache::Options options;
  if (profile != nullptr) {
    options.watch = [profile](const cl::ProgramReady& ready) {
      profile->add_host(ready.from_disk ? "load program" : "compile program", ready.stem, ready.start,
                        ready.end);
    };
  }
  if (config.runtime.kernel_cache == "off") {
    options.folder.clear();
  } else if (config.runtime.kernel_cache != "on") {
    options.folder = config.runtime.kernel_cache;
  }
  auto cache = std::make_unique<cl::ProgramCache>(options);
  if (!cache->warning().empty()) spdlog::warn("{}", cache->warning());
  return cache;
}

LoadedModel::~LoadedModel() {
  engine.reset();
  if (programs && programs->has_unsaved()) spdlog::info("storing compiled kernels for the next start");
}

std::shared_future<cl::Inventory> begin_listing(const std::shared_ptr<run::Profile>& profile) {
  const auto list = [profile] {
    return run::timed(profile.get(), "list devices", [] { return cl::list_devices(); });
  };
  return std::async(std::launch::async, list).share();
}

LoadedModel load_model(const config::RunConfig& config, std::unique_ptr<io::Checkpoint> checkpoint,
                       const LoadOptions& load) {
  run::Profile* const profile = load.profile.get();
  const auto start = std::chrono::steady_clock::now();
  LoadedModel model;
  model.checkpoint = std::move(checkpoint);
  const graph::Model graphs = run::timed(
      profile, "build graphs", [&] { return graph::build_model(model.checkpoint->config(), {true}); });
  const int64_t layers = graphs.layers;
  quantize::Rules("weights", config.weights.ignore, config.weights.rules).check_names(tensor_roles(graphs));
  const DeviceChoice devices =
      run::timed(profile, "find devices", [&] { return choose_devices(config, layers, load.devices); });
  run::EngineOptions options = engine_options(config, devices);
  options.prefill_outputs = load.prefill_outputs;
  options.profile = load.profile;
  options.decode_later = !load.short_prompt;
  model.programs = open_program_cache(config, load.profile);
  ProgressBar bar("loading");
  model.engine = std::make_unique<run::Engine>(*model.checkpoint, options, *model.programs,
                                               [&](int64_t done, int64_t total) { bar.update(done, total); });
  bar.finish();
  const int64_t compiled = model.programs->statistics().misses;
  if (compiled > 0) spdlog::info("compiled {} programs", compiled);
  model.load_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return model;
}

std::string model_name(const std::string& path) {
  const std::filesystem::path whole(path);
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

}  // namespace clinfer::cli
