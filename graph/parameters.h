#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace clinfer::graph {

/// Parameters of a graph's weights: all of them, and those that one token touches (the routed experts' share
/// of theirs; embedding and head count whole, once where they are one matrix).
struct Parameters {
  int64_t total = 0;
  int64_t active = 0;
  bool operator==(const Parameters&) const = default;
};
Parameters count_parameters(const Graph& graph);

/// The parameters of the weights of one role (weight_roles.h).
struct RoleParameters {
  std::string role;
  Parameters parameters;
};
/// In the order embedding, attention, mlp, experts, shared_experts, router, vectors, head, then any other;
/// roles without weights are left out. The sum is count_parameters().
std::vector<RoleParameters> count_parameters_by_role(const Graph& graph);

/// Of `graph`, without the weights that `other` has too (a draft module's beside its model).
Parameters count_parameters_beside(const Graph& graph, const Graph& other);

/// Bytes that one token adds to the caches, in their formats.
double cache_bytes_per_token(const Graph& graph);
/// Bytes of the states of recurrent layers, however long the context is.
double state_bytes(const Graph& graph);
/// The same were they all held as `format`, of quant::cache_formats(); nullopt when it cannot hold a head.
std::optional<double> cache_bytes_per_token(const Graph& graph, std::string_view format);
/// Bytes of all caches for a context of so many tokens; nullopt likewise.
std::optional<double> cache_bytes(const Graph& graph, std::string_view format, int64_t context);

}  // namespace clinfer::graph
