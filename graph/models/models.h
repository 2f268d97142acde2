#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "graph/models/model.h"

namespace clinfer::graph {

/// One model family: how a configuration becomes graphs.
struct Family {
  std::string_view name;                      ///< as users know it: "llama"
  std::vector<std::string_view> model_types;  ///< config.json's model_type, or GGUF's general.architecture
  Model (*build)(const Meta&, const BuildOptions&);
};

/// THE list of families.
std::span<const Family> families();

/// Builds and verifies the graphs of a model. Throws Error(Fault::model): an unknown model_type (the message
/// lists the known ones), or a key that is missing, out of range or contradicts another.
Model build_model(const Meta& config, const BuildOptions& options = {});

}  // namespace clinfer::graph
