#include "graph/passes/set_cache_format.h"

#include "graph/cache_row.h"

namespace clinfer::graph {

void set_cache_format(Graph& graph, const std::string& format) {
  for (Value& value : graph.values) {
    auto* cache = std::get_if<Cache>(&value.source);
    if (cache == nullptr || cache->is_state()) continue;
    cache->format = format;
    row_of(*cache);
  }
  for (Node& node : graph.nodes) {
    if (auto* append = std::get_if<CacheAppend>(&node.op))
      append->stored = *graph.value(node.inputs.front()).cache();
  }
}

}  // namespace clinfer::graph
