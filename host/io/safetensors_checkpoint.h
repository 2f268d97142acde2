#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/io/checkpoint.h"
#include "host/io/safetensors.h"

namespace clinfer::io {

/// A Hugging Face folder: config.json, generation_config.json where there is one, and its tensors.
class SafetensorsCheckpoint : public Checkpoint {
 public:
  /// `weights` is a file in `folder`: one .safetensors, or a .index.json that lists the shards beside it.
  SafetensorsCheckpoint(const std::string& folder, const std::string& weights);

  const graph::Meta& config() const override { return config_; }
  const graph::Meta& generation_config() const override { return generation_config_; }
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  const std::vector<std::string>& files() const override { return paths_; }
  uint64_t file_bytes() const override;
  void release(const Tensor& tensor) const override;

 private:
  void add_file(const std::string& path);
  void add_shards(const std::string& index_path);
  void check_scales() const;

  graph::Meta config_;
  graph::Meta generation_config_;
  std::vector<std::string> paths_;
  std::vector<std::unique_ptr<SafetensorsFile>> files_;
  std::vector<Tensor> tensors_;
};

}  // namespace clinfer::io
