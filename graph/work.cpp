#include "graph/work.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace clinfer::graph {
namespace {

/// The share of weight `id` that `node` reads.
double share_read(const Graph& graph, const Node& node, ValueId id, const Sizes& sizes) {
  const Weight& weight = *graph.value(id).weight();
  const auto tokens = static_cast<double>(sizes.tokens);
  if (std::holds_alternative<Embedding>(node.op))
    return std::min(1.0, tokens / static_cast<double>(weight.rows));
  if (!std::holds_alternative<ExpertLinear>(node.op)) return 1;
  const auto chosen = static_cast<double>(graph.value(node.inputs[1]).type.cols);
  return 1 - std::pow(1 - chosen / static_cast<double>(weight.experts), tokens);
}

/// The cache whose memory a value is.
ValueId root_of(const Graph& graph, ValueId id) {
  while (graph.value(id).alias_of >= 0) id = graph.value(id).alias_of;
  return id;
}

/// The rows that `node` sees in a cache at most.
int64_t rows_seen(const Node& node, int64_t context) {
  const auto* attention = std::get_if<Attention>(&node.op);
  if (attention == nullptr) return context;
  const AttentionMask& mask = attention->mask;
  if (mask.window > 0) context = std::min(context, mask.window + mask.first);
  if (mask.chunk > 0) context = std::min(context, mask.chunk);
  return (context + mask.stride - 1) / mask.stride;
}

void widen(std::map<ValueId, double>& largest, ValueId id, double value) {
  double& held = largest[id];
  held = std::max(held, value);
}

}  // namespace

Work work_of(const Graph& graph, const Sizes& sizes) {
  Work work;
  std::map<ValueId, double> shares;
  std::map<ValueId, double> rows;
  for (const Node& node : graph.nodes) {
    const std::vector<const Value*> operands = graph.operands(node);
    work.flops += std::visit([&](const auto& op) { return op.cost(operands, sizes).flops; }, node.op);
    for (const ValueId id : node.inputs) {
      if (id < 0) continue;
      if (graph.value(id).weight() != nullptr) widen(shares, id, share_read(graph, node, id, sizes));
      const ValueId root = root_of(graph, id);
      if (graph.value(root).cache() != nullptr && !std::holds_alternative<CacheAppend>(node.op))
        widen(rows, root, static_cast<double>(rows_seen(node, sizes.context)));
    }
  }
  for (const auto& [id, share] : shares) work.weight_bytes += share * bytes_of(graph.value(id), sizes);
  for (const auto& [id, seen] : rows)
    work.cache_bytes += seen / static_cast<double>(sizes.context) * bytes_of(graph.value(id), sizes);
  return work;
}

double matmul_flops(const Graph& graph, const Sizes& sizes) {
  double flops = 0;
  for (const Node& node : graph.nodes) {
    const bool product = std::holds_alternative<Linear>(node.op) ||
                         std::holds_alternative<ExpertLinear>(node.op) ||
                         (std::holds_alternative<Glu>(node.op) && node.inputs.size() == 3) ||
                         std::holds_alternative<HeadLinear>(node.op);
    if (!product) continue;
    const std::vector<const Value*> operands = graph.operands(node);
    flops += std::visit([&](const auto& op) { return op.cost(operands, sizes).flops; }, node.op);
  }
  return flops;
}

double weight_bytes(const Graph& graph) {
  double bytes = 0;
  for (const Value& value : graph.values) {
    if (value.weight() != nullptr) bytes += bytes_of(value, {});
  }
  return bytes;
}

}  // namespace clinfer::graph
