#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "graph/graph.h"
#include "graph/meta.h"

namespace clinfer::graph {

/// A model as graphs over one sequence.
///
/// main:  ids i32[tokens, 1], positions i32[tokens, 1], output_rows i32[outputs, 1]
///        -> logits f32[outputs, vocab]; with a draft also hidden f32[tokens, hidden_size], after the final
///        norm.
/// draft: the multi-token-prediction module (DeepSeek-V3, section 2.2): ids (each shifted left by one: the
/// token
///        after the position), positions, output_rows, hidden f32[tokens, hidden_size] of the same positions
///        -> logits of the token after that.
struct Model {
  std::string family;
  Graph main;
  std::optional<Graph> draft;
  int64_t layers = 0;
  int64_t hidden_size = 0;
  int64_t vocab_size = 0;
  int64_t max_positions = 0;  ///< positions the model was made for
};

struct BuildOptions {
  bool draft = false;   ///< build the draft module if the configuration has one
  int64_t context = 0;  ///< tokens a sequence may have (LongRoPE), 0: what the model was made for
};

}  // namespace clinfer::graph
