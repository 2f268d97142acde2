#include "tests/model/generated_model.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "host/io/safetensors_writer.h"
#include "tests/model/generated_weights.h"
#include "tests/temporary_folder.h"

namespace clinfer::tests {
namespace {

constexpr const char* kFamilies = "tests/data/families/";

/// "model-00001-of-00002.safetensors"
std::string shard_name(size_t shard, size_t shards) {
  const auto five = [](size_t n) {
    const std::string digits = std::to_string(n);
    return std::string(5 - digits.size(), '0') + digits;
  };
  return "model-" + five(shard + 1) + "-of-" + five(shards) + ".safetensors";
}

void write_shard(const std::string& path, std::span<const GeneratedTensor> tensors) {
  std::vector<io::TensorToWrite> written;
  for (const GeneratedTensor& tensor : tensors)
    written.push_back({tensor.name, tensor.format, tensor.shape, tensor.bytes});
  io::write_safetensors(path, written);
}

/// In the order of the recipe, as many tensors a file, and the index beside them.
void write_shards(const std::string& folder, const GeneratedWeights& weights) {
  const auto shards = static_cast<size_t>(weights.shards);
  const std::span<const GeneratedTensor> all = weights.tensors;
  const size_t each = (all.size() + shards - 1) / shards;
  nlohmann::json index = {{"metadata", nlohmann::json::object()}};
  for (size_t shard = 0; shard < shards; ++shard) {
    const auto part = all.subspan(shard * each, std::min(each, all.size() - shard * each));
    const std::string name = shard_name(shard, shards);
    write_shard(folder + "/" + name, part);
    for (const GeneratedTensor& tensor : part) index["weight_map"][tensor.name] = name;
  }
  std::ofstream(folder + "/model.safetensors.index.json") << index.dump();
}

void write_model(const std::string& from, const std::string& to) {
  const GeneratedWeights weights = generate_weights(from + "/weights.json");
  std::filesystem::create_directory(to);
  for (const char* name : {"config.json", "config.v5.json", "goldens.safetensors"}) {
    if (std::filesystem::exists(from + "/" + name))
      std::filesystem::copy_file(from + "/" + name, to + "/" + name);
  }
  if (weights.shards > 1) {
    write_shards(to, weights);
  } else {
    write_shard(to + "/model.safetensors", weights.tensors);
  }
}

}  // namespace

std::string generated_model(const std::string& name) {
  static const test::TemporaryFolder root;
  static std::set<std::string> written;
  const std::string path = root.file(name);
  if (written.contains(name)) return path;
  write_model(family_folder(name), path);
  written.insert(name);
  return path;
}

std::string family_folder(const std::string& name) {
  return kFamilies + name;
}

std::vector<std::string> generated_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFamilies)) {
    if (std::filesystem::exists(entry.path() / "weights.json")) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace clinfer::tests
