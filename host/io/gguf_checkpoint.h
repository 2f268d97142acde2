#pragma once

#include <string>
#include <vector>

#include "host/io/checkpoint.h"
#include "host/io/gguf_metadata.h"
#include "host/io/mapped_file.h"

namespace clinfer::io {

/// One GGUF file. Tensors keep the row order of the file: where a converter permuted the query and key rows
/// for interleaved rope, they still are permuted (config().source() says gguf).
class GgufCheckpoint : public Checkpoint {
 public:
  explicit GgufCheckpoint(const std::string& path);

  const graph::Meta& config() const override { return config_; }
  const graph::Meta& generation_config() const override { return generation_config_; }
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  const std::vector<std::string>& files() const override { return files_; }
  uint64_t file_bytes() const override { return file_.bytes().size(); }
  void release(const Tensor& tensor) const override { file_.release(tensor.bytes); }
  const GgufMetadata& metadata() const { return metadata_; }
  const GgufRawValues& raw_values() const { return raw_values_; }

 private:
  MappedFile file_;
  std::vector<std::string> files_;
  GgufMetadata metadata_;
  GgufRawValues raw_values_;
  std::vector<Tensor> tensors_;
  graph::Meta config_;
  graph::Meta generation_config_;
};

}  // namespace clinfer::io
