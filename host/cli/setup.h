#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "host/cl/platforms.h"
#include "host/cl/program_cache.h"
#include "host/config/run_config.h"
#include "host/io/checkpoint.h"
#include "host/run/engine.h"

namespace clinfer::cli {

/// The checkpoint of model.path, or with weights.dummy what its configuration describes, with a warning.
std::unique_ptr<io::Checkpoint> open_checkpoint(const config::RunConfig& config);
/// The same for what reads the weights themselves: throws Error(Fault::usage) with weights.dummy.
std::unique_ptr<io::Checkpoint> open_weights(const config::RunConfig& config);

/// The devices of a run and what each stage of the model runs on, from `device` and `placement`.
struct DeviceChoice {
  std::vector<graph::DeviceInfo> devices;
  graph::Placement placement;  ///< empty: everything on the first
};
/// `listed` as begin_listing() gives it; devices are listed here where it is empty.
DeviceChoice choose_devices(const config::RunConfig& config, int64_t layers,
                            const std::shared_future<cl::Inventory>& listed = {});

/// The engine's options for a run on those devices.
run::EngineOptions engine_options(const config::RunConfig& config, const DeviceChoice& choice);

/// A cache of programs as runtime.kernel_cache says; `profile` (or nullptr) is told of each that is ready.
std::unique_ptr<cl::ProgramCache> open_program_cache(const config::RunConfig& config,
                                                     const std::shared_ptr<run::Profile>& profile = nullptr);

/// Everything a run holds open; taken down in the order engine, programs, checkpoint.
struct LoadedModel {
  LoadedModel() = default;
  LoadedModel(LoadedModel&&) = default;
  LoadedModel& operator=(LoadedModel&&) = delete;
  ~LoadedModel();  ///< says when storing compiled kernels makes the user wait

  std::unique_ptr<io::Checkpoint> checkpoint;
  std::unique_ptr<cl::ProgramCache> programs;
  std::unique_ptr<run::Engine> engine;
  double load_seconds = 0;
};

struct LoadOptions {
  int64_t prefill_outputs = 1;              ///< most rows of logits that one prefill call is asked for
  bool short_prompt = false;                ///< the first call is of few tokens: run::Engine::load_decode()
  std::shared_ptr<run::Profile> profile{};  ///< what records the loading and all calls, or nullptr
  std::shared_future<cl::Inventory> devices{};  ///< begin_listing(), or nothing yet
};

/// Lists the devices in another thread: starting a driver takes as long as reading a tokenizer.
std::shared_future<cl::Inventory> begin_listing(const std::shared_ptr<run::Profile>& profile);

/// Brings an open checkpoint to the run's devices, with a progress bar on a terminal.
LoadedModel load_model(const config::RunConfig& config, std::unique_ptr<io::Checkpoint> checkpoint,
                       const LoadOptions& load = {});

/// The last part of a model's path, also of one that ends in a slash.
std::string model_name(const std::string& path);

}  // namespace clinfer::cli
