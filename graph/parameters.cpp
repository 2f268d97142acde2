#include "graph/parameters.h"

#include <map>

#include "graph/cache_row.h"
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

}  // namespace

Parameters count_parameters(const Graph& graph) {
  const std::map<ValueId, int64_t> used = used_experts(graph);
  Parameters sum;
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const Weight* weight = graph.values[i].weight();
    if (weight == nullptr) continue;
    const int64_t one = weight->rows * weight->cols;
    const auto it = used.find(static_cast<ValueId>(i));
    sum.total += weight->experts * one;
    sum.active += (it == used.end() ? weight->experts : it->second) * one;
  }
  return sum;
}

double cache_bytes_per_token(const Graph& graph) {
  double bytes = 0;
  for (const Value& value : graph.values) {
    if (value.cache() != nullptr && value.alias_of < 0) bytes += bytes_of(value, {1, 1, 1});
  }
  return bytes;
}

std::optional<double> cache_bytes_per_token(const Graph& graph, std::string_view format) {
  double bytes = 0;
  for (const Value& value : graph.values) {
    if (value.cache() == nullptr || value.alias_of >= 0) continue;
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

}  // namespace clinfer::graph
