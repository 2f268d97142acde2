#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace clinfer::quantize {

/// Writes a JSON file whole or not at all. Throws Error(Fault::run) naming it.
void write_json(const std::string& path, const nlohmann::ordered_json& value);

/// The config.json of `from` in `to`, with this quantization_config, or without one for null.
void write_config(const std::string& from, const std::string& to, const nlohmann::ordered_json& quantization);

/// Copies the files of the folder `from` itself (tokenizer, generation settings, license) to `to`: not what
/// holds weights (.safetensors, .bin, .pt, .pth, .gguf and their indexes), not what `to` has already.
void copy_other_files(const std::string& from, const std::string& to);

}  // namespace clinfer::quantize
