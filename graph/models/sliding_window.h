#pragma once

#include <cstdint>
#include <vector>

#include "graph/meta.h"
#include "graph/models/decoder.h"

namespace clinfer::graph {

/// The key sliding_window, 0 when it is absent or null.
int64_t read_window(const Meta& config);

/// The same for a model that has sliding layers: throws Error(Fault::model) when the key is absent.
int64_t need_window(const Meta& config);

/// Which layers slide: layer_types where it is given; else all but every pattern-th, all of them with pattern
/// 0.
std::vector<bool> sliding_layers(const Meta& config, int64_t layers, int64_t pattern);

/// Which layers rotate: no_rope_layers, which has a 0 for those that do not, or all but every
/// no_rope_layer_interval-th.
std::vector<bool> rotating_layers(const Meta& config, int64_t layers);

/// Windows as Qwen configurations say them: none without use_sliding_window; then layer_types where it is
/// given, else the layers from max_window_layers on.
void read_qwen_windows(const Meta& config, Decoder& s);

}  // namespace clinfer::graph
