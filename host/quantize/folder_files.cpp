#include "host/quantize/folder_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/io/atomic_file.h"
#include "quant/error.h"

namespace clinfer::quantize {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kWeightEndings = {".safetensors", ".bin",  ".pt",
                                                            ".pth",         ".gguf", ".index.json"};

bool holds_weights(const std::string& name) {
  return std::any_of(kWeightEndings.begin(), kWeightEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace

void write_json(const std::string& path, const nlohmann::ordered_json& value) {
  const std::string text = value.dump(2) + "\n";
  io::AtomicFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

void write_config(const std::string& from, const std::string& to,
                  const nlohmann::ordered_json& quantization) {
  const std::string path = from + "/config.json";
  std::ifstream file(path, std::ios::binary);
  nlohmann::ordered_json config = nlohmann::ordered_json::parse(file, nullptr, false);
  if (!config.is_object()) throw Error(Fault::model, path + ": expected a JSON object");
  config.erase("quantization_config");
  if (!quantization.is_null()) config["quantization_config"] = quantization;
  write_json(to + "/config.json", config);
}

void copy_other_files(const std::string& from, const std::string& to) {
  std::error_code error;
  for (fs::directory_iterator it(from, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!it->is_regular_file(error) || holds_weights(name)) continue;
    if (fs::exists(fs::path(to) / name, error)) continue;
    fs::copy_file(it->path(), fs::path(to) / name, error);
    if (error) throw Error(Fault::run, to + "/" + name + ": cannot be copied: " + error.message());
  }
  if (error) throw Error(Fault::run, from + ": cannot be listed: " + error.message());
}

}  // namespace clinfer::quantize
