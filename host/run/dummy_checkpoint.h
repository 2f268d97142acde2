#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "host/io/checkpoint.h"

namespace clinfer::run {

/// A model as its configuration describes it, without a file of weights (weights.dummy): every tensor has a
/// name, a shape and no bytes; matrices count as bf16, vectors as f32. DummyWeights makes up what they hold.
/// A draft module is left out.
class DummyCheckpoint : public io::Checkpoint {
 public:
  /// `path`: a config.json under any name, or its folder. `layers`: how many are taken, from the first on; 0:
  /// all. Throws Error(Fault::model) for a file that is no configuration, Error(Fault::usage) for more layers
  /// than the model has.
  DummyCheckpoint(const std::string& path, int64_t layers);
  /// What the graph reads, without a configuration.
  explicit DummyCheckpoint(const graph::Graph& graph) { add_tensors(graph); }

  const graph::Meta& config() const override { return config_; }
  const graph::Meta& generation_config() const override { return generation_config_; }
  const std::vector<io::Tensor>& tensors() const override { return tensors_; }
  const std::vector<std::string>& files() const override { return files_; }
  uint64_t file_bytes() const override { return 0; }
  void release(const io::Tensor&) const override {}
  bool has_bytes() const override { return false; }

 private:
  void add_tensors(const graph::Graph& graph);

  graph::Meta config_;
  graph::Meta generation_config_;
  std::vector<io::Tensor> tensors_;
  std::vector<std::string> files_;
};

}  // namespace clinfer::run
