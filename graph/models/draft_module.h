#pragma once

#include "graph/meta.h"
#include "graph/models/decoder.h"

namespace clinfer::graph {

/// The model of a decoder; with options.draft and num_nextn_predict_layers > 0 also its first
/// multi-token-prediction module (DeepSeek-V3, section 2.2).
Model build_with_draft(const Meta& config, Decoder s, const BuildOptions& options);

}  // namespace clinfer::graph
