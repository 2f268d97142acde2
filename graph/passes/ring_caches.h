#pragma once

#include "graph/graph.h"

namespace clinfer::graph {

/// Gives caches that are only attended to through a window or a chunk no more rows than that takes: those of
/// the window, and of a call of `tokens` tokens, which are appended before the first of them attends. A
/// context may then go back by tokens - 1 positions (drafts that were refused). Caches that would not be
/// smaller for `context` tokens stay as they are, as do those that other ops read. Expects no composites but
/// ones that read whole caches. Returns how many caches became rings.
int ring_caches(Graph& graph, int64_t tokens, int64_t context);

}  // namespace clinfer::graph
