#include "host/config/consistency.h"

#include "quant/error.h"

namespace clinfer::config {
namespace {

void exclude(const LoadedConfig& loaded, const Value& document, const std::string& key,
             const std::string& other) {
  const Value* value = document.find(key);
  throw Error(Fault::usage, value->place.with_column() + ": key " + key + ": expected to stand without " +
                                other + " (given at " + loaded.origin(other) + ")");
}

}  // namespace

void check_consistency(const LoadedConfig& loaded, const Value& document, const std::string& name) {
  const RunConfig& config = loaded.config;
  if (config.model.path.empty()) {
    throw Error(Fault::usage,
                name + ": key model.path: expected a checkpoint folder or a .gguf file, got nothing");
  }
  if (config.model.layers > 0 && !config.weights.dummy) {
    throw Error(Fault::usage, document.find("model")->find("layers")->place.with_column() +
                                  ": key model.layers: expected to stand with weights.dummy: true");
  }
  if (!config.prompt.empty() && !config.messages.empty()) exclude(loaded, document, "prompt", "messages");
  if (!config.prompt.empty() && !config.system.empty()) exclude(loaded, document, "prompt", "system");
  const bool speaks_twice = !config.messages.empty() && config.messages.front().role == "system";
  if (!config.system.empty() && speaks_twice) exclude(loaded, document, "system", "messages");
}

}  // namespace clinfer::config
