#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "host/io/checkpoint.h"

namespace clinfer::test {

/// Tensors in memory under a configuration.
class MemoryCheckpoint final : public io::Checkpoint {
 public:
  MemoryCheckpoint() = default;
  explicit MemoryCheckpoint(graph::MetaValue::Object quantization) {
    graph::MetaValue::Object config;
    config["quantization_config"] = graph::MetaValue(std::move(quantization));
    meta_ = {"config.json", graph::Meta::Source::config_json, std::move(config)};
  }

  template <class T>
  void add(const std::string& name, const std::string& format, std::vector<int64_t> shape,
           const std::vector<T>& values) {
    std::vector<std::byte>& bytes = data_.emplace_back(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    tensors_.push_back({name, name, format, std::move(shape), bytes});
    std::sort(tensors_.begin(), tensors_.end(),
              [](const io::Tensor& a, const io::Tensor& b) { return a.name < b.name; });
  }

  const graph::Meta& config() const override { return meta_; }
  const graph::Meta& generation_config() const override { return none_; }
  const std::vector<io::Tensor>& tensors() const override { return tensors_; }
  const std::vector<std::string>& files() const override { return files_; }
  uint64_t file_bytes() const override { return 0; }
  void release(const io::Tensor&) const override {}

 private:
  graph::Meta meta_;
  graph::Meta none_;
  std::deque<std::vector<std::byte>> data_;
  std::vector<io::Tensor> tensors_;
  std::vector<std::string> files_ = {"memory"};
};

}  // namespace clinfer::test
