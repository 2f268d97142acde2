#pragma once

#include "graph/graph.h"

namespace clinfer::graph {

/// What of a text stays in sight of full attention: the last `window` tokens and the `first` ones.
struct Stream {
  int64_t window = 0;
  int64_t first = 0;
};

/// StreamingLLM (Xiao et al. 2023, section 3.2): full attention sees the last `window` tokens and the `first`
/// ones, at positions inside the cache: keys keep their rotation, as only distances count, and those first
/// rows meet a second view of the query, rotated for position first + window - 1 at most. Layers that have a
/// window or chunk of their own keep it. Nothing changes at positions below first + window. Throws
/// Error(Fault::usage) for models whose positions go into embeddings or slopes, or whose attention chooses
/// rows or reads latents.
void stream_attention(Graph& graph, const Stream& stream);

}  // namespace clinfer::graph
