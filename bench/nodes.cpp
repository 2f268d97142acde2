#include "bench/nodes.h"

#include <cmath>
#include <vector>

#include "graph/passes/set_cache_format.h"

namespace clinfer::bench {

graph::Graph linear_graph(const std::string& format, int64_t rows, int64_t cols,
                          const std::string& activations) {
  graph::Builder builder("bench");
  const auto x = builder.input("x", {graph::DType::f32, graph::kTokens, cols, activations});
  const auto w = builder.weight("w", rows, cols);
  builder.output(builder.add(graph::Linear{}, "y", {x, w}), "y");
  graph::Graph graph = builder.finish(0);
  std::get<graph::Weight>(graph.value(w).source).format = format;
  return graph;
}

graph::Graph attention_graph(const Heads& heads, const std::string& cache_format) {
  graph::Attention op;
  op.heads = heads.heads;
  op.kv_heads = heads.kv_heads;
  op.key_dim = op.keys.head_stride = heads.key_dim;
  op.value_dim = op.values.head_stride = heads.value_dim;
  op.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(heads.key_dim)));
  op.mask = heads.mask;
  op.softcap = heads.softcap;
  op.sinks = heads.sinks;
  op.rounded = heads.rounded;
  graph::Builder b("bench");
  const auto q = b.input("q", {graph::DType::f32, graph::kTokens, heads.heads * heads.key_dim});
  const bool latent = heads.latent_tail > 0;
  const auto keys = latent ? b.cache("keys", heads.key_dim, heads.value_dim, heads.latent_tail)
                           : b.cache("keys", heads.kv_heads * heads.key_dim, heads.key_dim);
  const auto values = latent ? keys : b.cache("values", heads.kv_heads * heads.value_dim, heads.value_dim);
  const auto positions = b.input("positions", {graph::DType::i32, graph::kTokens, 1});
  std::vector<graph::ValueId> inputs{q, keys, values, positions};
  if (heads.sinks) inputs.push_back(b.vector("sinks", heads.heads));
  b.output(b.add(op, "y", inputs), "y");
  graph::Graph graph = b.finish(0);
  graph::set_cache_format(graph, cache_format);
  return graph;
}

}  // namespace clinfer::bench
