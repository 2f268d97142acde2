#include "graph/models/builders.h"
#include "graph/models/limits.h"
#include "graph/models/sliding_window.h"

namespace clinfer::graph {
namespace {

/// dual_chunk_attention_config of Qwen2.5-1M: distances stay below chunk_size; past
/// original_max_position_embeddings the query grows with the logarithm of its position.
void read_dual_chunk(const Meta& config, Decoder& s) {
  const Meta chunk = config.object("dual_chunk_attention_config");
  if (chunk.empty()) return;
  GroupedAttentionBlock& a = s.grouped();
  const int64_t size = chunk.integer_or("chunk_size", 8192, 2, kMaxPositions);
  a.dual_chunk = {size - chunk.integer_or("local_size", 1024, 1, size - 1), size};
  const int64_t original = chunk.integer_or("original_max_position_embeddings", 0, 0, kMaxPositions);
  if (original == 0) return;
  a.query_scale = {.factor = 0.1f, .length = original, .shift = 1, .steps = false};
  for (LayerKind& kind : s.kinds) kind.scaled_query = true;
}

}  // namespace

/// Qwen2 and Qwen2.5 (Yang et al. 2024): biases on q, k and v that no key announces.
Model build_qwen2(const Meta& config, const BuildOptions& options) {
  Decoder s = read_decoder(config, options);
  s.grouped().qkv_bias = true;
  read_qwen_windows(config, s);
  read_dual_chunk(config, s);
  return build_decoder(s);
}

}  // namespace clinfer::graph
