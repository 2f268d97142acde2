#pragma once

#include <string>

#include "graph/graph.h"

namespace clinfer::bench {

/// y [tokens, rows] = x [tokens, cols] W^T, W in a weight format, x in one of activations or plain.
graph::Graph linear_graph(const std::string& format, int64_t rows, int64_t cols,
                          const std::string& activations = "");

/// Heads of attention as models have them.
struct Heads {
  const char* name;
  int64_t heads;
  int64_t kv_heads;
  int64_t key_dim;
  int64_t value_dim;
  int64_t latent_tail = 0;  ///< columns of a key that are no value's, in one cache; 0: two caches
  graph::AttentionMask mask{};
  float softcap = 0.0f;
  bool sinks = false;
  bool rounded = false;  ///< graph::Attention::rounded

  double flops_of_pair() const { return 2.0 * static_cast<double>(heads * (key_dim + value_dim)); }
};

/// One attention of inputs q, keys, values, positions (and sinks), with caches of a format.
graph::Graph attention_graph(const Heads& heads, const std::string& cache_format);

}  // namespace clinfer::bench
