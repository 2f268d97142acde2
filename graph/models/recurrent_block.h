#pragma once

#include <string>
#include <variant>

#include "graph/meta.h"
#include "graph/models/gated_delta_block.h"
#include "graph/models/kimi_delta_block.h"
#include "graph/models/lightning_block.h"

namespace clinfer::graph {

/// What stands in the place of attention in a model's recurrent layers.
using RecurrentBlock = std::variant<std::monostate, GatedDeltaBlock, KimiDeltaBlock, LightningBlock>;

/// The block's output for x f32[tokens, hidden] in a layer; its states are caches of their own.
ValueId recurrent(Builder& b, const RecurrentBlock& s, const std::string& prefix, ValueId x,
                  ValueId positions, int64_t layer);

/// Whether each layer is recurrent: layer_types of "linear_attention" and "full_attention", or, without that
/// key, all but every `interval`-th. Throws Error(Fault::model) naming the key.
std::vector<bool> read_recurrent_layers(const Meta& config, int64_t layers, int64_t interval);

}  // namespace clinfer::graph
