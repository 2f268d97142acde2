#include "host/io/shard_index.h"

#include <algorithm>

#include "host/io/json_value.h"
#include "host/io/quote.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

// The largest published index known has 92 thousand tensors in 9 MB.
constexpr JsonLimits kIndexLimits{size_t{64} << 20, 4, size_t{1} << 21};

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw Error(Fault::model, path + ": " + what);
}

bool is_shard_name(const std::string& name) {
  return name.size() <= 255 && name.ends_with(".safetensors") && !name.starts_with(".") &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos &&
         name.find("..") == std::string::npos;
}

}  // namespace

ShardIndex read_shard_index(const std::string& path) {
  const graph::MetaValue::Object root = read_json_object(path, kIndexLimits);
  const auto at = root.find("weight_map");
  const auto* map = at == root.end() ? nullptr : std::get_if<graph::MetaValue::Object>(&at->second.data);
  if (map == nullptr || map->empty()) fail(path, "expected an object 'weight_map' of tensor names to shards");
  ShardIndex index;
  for (const auto& [tensor, value] : *map) {
    const auto* shard = std::get_if<std::string>(&value.data);
    if (shard == nullptr) fail(path, "tensor " + quote(tensor) + ": expected the name of a shard");
    if (!is_shard_name(*shard)) {
      fail(path, "tensor " + quote(tensor) + ": shard " + quote(*shard) +
                     ": expected a plain file name ending in .safetensors");
    }
    index.shards.push_back(*shard);
  }
  std::sort(index.shards.begin(), index.shards.end());
  index.shards.erase(std::unique(index.shards.begin(), index.shards.end()), index.shards.end());
  for (const auto& [tensor, value] : *map) {
    const auto place =
        std::lower_bound(index.shards.begin(), index.shards.end(), std::get<std::string>(value.data));
    index.tensors[tensor] = static_cast<size_t>(place - index.shards.begin());
  }
  return index;
}

}  // namespace clinfer::io
