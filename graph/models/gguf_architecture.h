#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/models/model.h"

namespace clinfer::graph {

/// How GGUF files hold a family.
struct GgufArchitecture {
  std::string_view model_type;  ///< of config.json
  std::string_view name;        ///< general.architecture
  /// The rows of q and k stand in pairs that rotate together: (0, d/2), (1, d/2 + 1), ... of each head.
  bool permuted_heads;
};

/// The architectures that are written; nullptr for a model_type that has none.
const GgufArchitecture* find_gguf_architecture(std::string_view model_type);

/// rope_freqs.weight: what the plain rotary frequencies are divided by where rope_type llama3 scales them;
/// empty for others.
std::vector<float> gguf_rope_factors(const Meta& config, const Model& model);

/// Their model types, for messages.
std::string gguf_model_types();

}  // namespace clinfer::graph
