#include "graph/parameters.h"

#include <algorithm>
#include <map>
#include <set>

#include "graph/cache_row.h"
#include "graph/weight_roles.h"
#include "quant/error.h"

namespace clinfer::graph {
namespace {

/// How many experts a token uses of each routed weight, by value.
std::map<ValueId, int64_t> used_experts(const Graph& graph) {
  std::map<ValueId, int64_t> used;
  for (const Node& node : graph.nodes) {
    if (std::holds_alternative<ExpertLinear>(node.op))
      used[node.inputs[2]] = graph.value(node.inputs[1]).type.cols;
  }
  return used;
}

/// Parameters of value `id`, a weight.
Parameters parameters_of(const Weight& weight, const std::map<ValueId, int64_t>& used, ValueId id) {
  const int64_t one = weight.rows * weight.cols;
  const auto it = used.find(id);
  return {weight.experts * one, (it == used.end() ? weight.experts : it->second) * one};
}

void add(Parameters& sum, const Parameters& more) {
  sum.total += more.total;
  sum.active += more.active;
}

/// The sum over the weights that `counts` lets through.
template <class Counts>
Parameters sum_parameters(const Graph& graph, const Counts& counts) {
  const std::map<ValueId, int64_t> used = used_experts(graph);
  Parameters sum;
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const Weight* weight = graph.values[i].weight();
    const auto id = static_cast<ValueId>(i);
    if (weight != nullptr && counts(id)) add(sum, parameters_of(*weight, used, id));
  }
  return sum;
}

}  // namespace

Parameters count_parameters(const Graph& graph) {
  return sum_parameters(graph, [](ValueId) { return true; });
}

std::vector<RoleParameters> count_parameters_by_role(const Graph& graph) {
  const std::map<ValueId, WeightRole> roles = weight_roles(graph);
  std::vector<RoleParameters> list;
  for (const char* role :
       {"embedding", "attention", "mlp", "experts", "shared_experts", "router", "vectors", "head"})
    list.push_back({role, {}});
  const std::map<ValueId, int64_t> used = used_experts(graph);
  for (const auto& [id, role] : roles) {
    auto at =
        std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.role == role.name; });
    if (at == list.end()) at = list.insert(at, {role.name, {}});
    add(at->parameters, parameters_of(*graph.value(id).weight(), used, id));
  }
  std::erase_if(list, [](const RoleParameters& entry) { return entry.parameters.total == 0; });
  return list;
}

Parameters count_parameters_beside(const Graph& graph, const Graph& other) {
  std::set<std::string> shared;
  for (const Value& value : other.values) {
    if (const Weight* weight = value.weight()) shared.insert(weight->tensors.begin(), weight->tensors.end());
  }
  return sum_parameters(
      graph, [&](ValueId id) { return !shared.contains(graph.value(id).weight()->tensors.front()); });
}

double cache_bytes_per_token(const Graph& graph) {
  double bytes = 0;
  for (const Value& value : graph.values) {
    const bool own = value.cache() != nullptr && value.alias_of < 0;
    if (own && !value.cache()->is_state()) bytes += bytes_of(value, {1, 1, 1});
  }
  return bytes;
}

double state_bytes(const Graph& graph) {
  double bytes = 0;
  for (const Value& value : graph.values) {
    const bool own = value.cache() != nullptr && value.alias_of < 0;
    if (own && value.cache()->is_state()) bytes += bytes_of(value, {1, 1, 1});
  }
  return bytes;
}

std::optional<double> cache_bytes_per_token(const Graph& graph, std::string_view format) {
  double bytes = 0;
  for (const Value& value : graph.values) {
    if (value.cache() == nullptr || value.alias_of >= 0 || value.cache()->is_state()) continue;
    Cache cache = *value.cache();
    cache.format = format;
    try {
      bytes += static_cast<double>(row_of(cache).bytes);
    } catch (const Error&) {
      return std::nullopt;
    }
  }
  return bytes;
}

std::optional<double> cache_bytes(const Graph& graph, std::string_view format, int64_t context) {
  double bytes = 0;
  for (const Value& value : graph.values) {
    if (value.cache() == nullptr || value.alias_of >= 0) continue;
    Value held = value;
    if (!value.cache()->is_state()) std::get<Cache>(held.source).format = format;
    try {
      bytes += bytes_of(held, {1, 1, context});
    } catch (const Error&) {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace clinfer::graph
