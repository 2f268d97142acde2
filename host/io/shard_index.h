#pragma once

#include <map>
#include <string>
#include <vector>

namespace clinfer::io {

/// What a model.safetensors.index.json says.
struct ShardIndex {
  std::vector<std::string> shards;        ///< file names beside the index, sorted, each once
  std::map<std::string, size_t> tensors;  ///< tensor name -> index into shards
};

/// Reads an index. A shard is a plain file name ending in .safetensors: anything that could lead out of the
/// folder is refused. Throws Error(Fault::model) naming the file.
ShardIndex read_shard_index(const std::string& path);

}  // namespace clinfer::io
