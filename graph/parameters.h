#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "graph/graph.h"

namespace clinfer::graph {

/// Parameters of a graph's weights: all of them, and those that one token touches (the routed experts' share
/// of theirs; embedding and head count whole).
struct Parameters {
  int64_t total = 0;
  int64_t active = 0;
};
Parameters count_parameters(const Graph& graph);

/// Bytes that one token adds to the caches, in their formats.
double cache_bytes_per_token(const Graph& graph);
/// The same were they all held as `format`, of quant::cache_formats(); nullopt when it cannot hold a head.
std::optional<double> cache_bytes_per_token(const Graph& graph, std::string_view format);

}  // namespace clinfer::graph
