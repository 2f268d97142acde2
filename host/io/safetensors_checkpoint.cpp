#include "host/io/safetensors_checkpoint.h"

#include <filesystem>

#include "host/io/config_json.h"
#include "host/io/quote.h"
#include "host/io/shard_index.h"
#include "host/io/tensor_order.h"
#include "host/io/text_part.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

namespace fs = std::filesystem;

graph::Meta read_optional_config(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) ? read_config_json(path.string()) : graph::Meta();
}

}  // namespace

SafetensorsCheckpoint::SafetensorsCheckpoint(const std::string& folder, const std::string& weights)
    : config_(read_config_json((fs::path(folder) / "config.json").string())),
      generation_config_(read_optional_config(fs::path(folder) / "generation_config.json")) {
  if (weights.ends_with(".json")) {
    add_shards(weights);
  } else {
    add_file(weights);
  }
  if (is_text_part(config_)) {
    for (Tensor& tensor : tensors_) tensor.name = text_tensor_name(tensor.stored_name);
  }
  sort_by_name(tensors_);
  for (size_t i = 1; i < tensors_.size(); ++i) {
    if (tensors_[i].name != tensors_[i - 1].name) continue;
    throw Error(Fault::model, weights + ": tensor " + quote(tensors_[i].name) + " is in two shards");
  }
  check_scales();
}

void SafetensorsCheckpoint::add_file(const std::string& path) {
  files_.push_back(std::make_unique<SafetensorsFile>(path));
  for (Tensor tensor : files_.back()->tensors()) {
    tensor.file = static_cast<int>(paths_.size());
    tensors_.push_back(std::move(tensor));
  }
  paths_.push_back(path);
}

void SafetensorsCheckpoint::add_shards(const std::string& index_path) {
  const ShardIndex index = read_shard_index(index_path);
  const fs::path folder = fs::path(index_path).parent_path();
  for (const std::string& shard : index.shards) {
    std::error_code ignored;
    if (fs::symlink_status(folder / shard, ignored).type() == fs::file_type::not_found) {
      throw Error(Fault::model, index_path + ": shard " + quote(shard) + " is missing");
    }
    add_file((folder / shard).string());
  }
  // Each tensor of each shard is listed for that shard, or for another one that must then hold it too.
  for (const Tensor& tensor : tensors_) {
    if (index.tensors.contains(tensor.name)) continue;
    throw Error(Fault::model, paths_[static_cast<size_t>(tensor.file)] + ": tensor " + quote(tensor.name) +
                                  " is not listed in " + index_path);
  }
  for (const auto& [name, shard] : index.tensors) {
    if (files_[shard]->find(name) != nullptr) continue;
    throw Error(Fault::model,
                index_path + ": tensor " + quote(name) + " is not in shard " + quote(index.shards[shard]));
  }
}

/// FP8 weights mean nothing without the scales that stand beside them.
void SafetensorsCheckpoint::check_scales() const {
  for (const Tensor& tensor : tensors_) {
    if (!tensor.format.starts_with("f8_") || !tensor.name.ends_with(".weight")) continue;
    if (find(tensor.name + "_scale_inv") != nullptr || find(tensor.name + "_scale") != nullptr) continue;
    throw Error(Fault::model, paths_[static_cast<size_t>(tensor.file)] + ": tensor " + quote(tensor.name) +
                                  " is FP8 but there is no " + quote(tensor.name + "_scale_inv") +
                                  " beside it");
  }
}

uint64_t SafetensorsCheckpoint::file_bytes() const {
  uint64_t bytes = 0;
  for (const auto& file : files_) bytes += file->file().bytes().size();
  return bytes;
}

void SafetensorsCheckpoint::release(const Tensor& tensor) const {
  files_[static_cast<size_t>(tensor.file)]->file().release(tensor.bytes);
}

}  // namespace clinfer::io
