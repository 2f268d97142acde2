#include "host/io/checkpoint.h"

#include <algorithm>
#include <filesystem>

#include "host/io/gguf_checkpoint.h"
#include "host/io/safetensors_checkpoint.h"
#include "host/io/tensor_order.h"
#include "quant/error.h"

namespace clinfer::io {
namespace {

namespace fs = std::filesystem;
constexpr const char* kOneFile = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

[[noreturn]] void fail(const std::string& what) {
  throw Error(Fault::model, what);
}

bool present(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

/// The names of the model files in a folder that holds none under the expected names.
std::string other_model_files(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(".gguf") || name.ends_with(".safetensors")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) return "";
  std::string text = "; give one of its model files:";
  for (size_t i = 0; i < std::min<size_t>(names.size(), 5); ++i) text += " " + names[i];
  return text;
}

std::unique_ptr<Checkpoint> open_weights(const fs::path& folder, const fs::path& weights) {
  if (!present(folder / "config.json")) fail("no config.json in " + folder.string());
  return std::make_unique<SafetensorsCheckpoint>(folder.string(), weights.string());
}

std::unique_ptr<Checkpoint> open_folder(const fs::path& folder) {
  if (present(folder / kOneFile)) return open_weights(folder, folder / kOneFile);
  if (present(folder / kIndex)) return open_weights(folder, folder / kIndex);
  fail("no " + std::string(kOneFile) + " or " + kIndex + " in " + folder.string() +
       other_model_files(folder));
}

fs::path folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

}  // namespace

const Tensor* Checkpoint::find(std::string_view name) const {
  return find_by_name(tensors(), name);
}

std::unique_ptr<Checkpoint> open(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) fail(path + ": no such file or folder");
  if (error) fail(path + ": " + error.message());
  if (status.type() == fs::file_type::directory) return open_folder(path);
  if (path.ends_with(".safetensors") || path.ends_with(".safetensors.index.json")) {
    return open_weights(folder_of(path), path);
  }
  if (path.ends_with(".gguf")) return std::make_unique<GgufCheckpoint>(path);
  if (fs::path(path).filename() == "config.json") return open_folder(folder_of(path));
  fail(path + ": expected a folder with config.json, or a .safetensors or .gguf file");
}

}  // namespace clinfer::io
