#include <algorithm>
#include <filesystem>

#include "graph/models/models.h"
#include "host/cl/platforms.h"
#include "host/cli/arguments.h"
#include "host/cli/model_facts.h"
#include "host/cli/output.h"
#include "host/cli/tensor_tables.h"
#include "host/config/load.h"
#include "host/io/config_json.h"
#include "host/io/safetensors.h"
#include "host/plan/print.h"
#include "host/stored/quantization_config.h"
#include "quant/error.h"

namespace clinfer::cli {
namespace {

namespace fs = std::filesystem;

/// Reading all scales of a model larger than this takes longer than one wants to wait.
constexpr uint64_t kMostScanned = uint64_t{8} << 30;

void print_json(const nlohmann::json& root) {
  print_out("{}\n", root.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

/// A file of tensors and nothing beside it that says what model they are of.
bool is_bare(const fs::path& path) {
  return path.extension() == ".safetensors" && is_file(path) && !is_file(path.parent_path() / "config.json");
}

bool has_weights(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder.empty() ? "." : folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json")) return true;
  }
  return false;
}

/// The configuration that is to be read without weights, or an empty path: a folder whose config.json stands
/// alone, that file, or any other .json but an index of tensors.
fs::path bare_configuration(const fs::path& path) {
  std::error_code error;
  const fs::path beside = path / "config.json";
  if (fs::is_directory(path, error)) return is_file(beside) && !has_weights(path) ? beside : fs::path();
  if (path.extension() != ".json" || path.string().ends_with(".index.json") || !is_file(path)) return {};
  const bool whole = path.filename() == "config.json" && has_weights(path.parent_path());
  return whole ? fs::path() : path;
}

int inspect_bare(const Arguments& arguments) {
  const io::SafetensorsFile file(arguments.model);
  if (arguments.json) {
    print_json({{"family", nullptr}, {"tensors", tensors_json(file.tensors())}});
  } else {
    print_tensors(file.tensors());
  }
  return 0;
}

/// All devices, with what is known of their speed; with --measure those that can be used are asked.
std::vector<MeasuredDevice> measured_devices(bool measure) {
  std::vector<MeasuredDevice> list;
  cl::DiskCache cache(cl::DiskCache::folder_from_environment());
  for (const graph::DeviceInfo& info : cl::list_devices({.probe = measure}).devices) {
    MeasuredDevice device{info, cl::known_speed(info, cache)};
    if (measure && info.usable) {
      device.speed = cl::measure_speed(cl::Device(info));
      cl::remember_speed(info, *device.speed, cache);
    }
    list.push_back(std::move(device));
  }
  return list;
}

FactLengths lengths_of(const Arguments& arguments, const graph::Model& model) {
  FactLengths lengths;
  const auto length = [&](const char* name, const std::optional<int64_t>& given, int64_t most) {
    if (given && (*given < 1 || *given >= INT32_MAX))
      throw Error(Fault::usage, std::string("inspect ") + name + ": expected 1 to 2147483646 tokens");
    return given.value_or(std::min(most, model.max_positions));
  };
  lengths.context = length("--context", arguments.context, lengths.context);
  lengths.prompt = length("--prompt", arguments.prompt_tokens, lengths.prompt);
  return lengths;
}

struct Subject {
  graph::Model model;
  std::vector<MeasuredDevice> devices;
  ModelFacts facts;
};

Subject subject_of(const Arguments& arguments, const graph::Meta& config) {
  Subject subject;
  subject.model = graph::build_model(config, {.draft = true});
  const FactLengths lengths = lengths_of(arguments, subject.model);
  subject.devices = measured_devices(arguments.measure);
  subject.facts = model_facts(subject.model, lengths, subject.devices);
  return subject;
}

int inspect_configuration(const Arguments& arguments, const fs::path& path) {
  const Subject s = subject_of(arguments, io::read_config_json(path.string()));
  if (arguments.json) {
    print_json(facts_json(s.model, s.facts, s.devices));
  } else {
    write_out(facts_text(s.model, s.facts, s.devices));
  }
  return 0;
}

int inspect_checkpoint(const Arguments& arguments) {
  const std::unique_ptr<io::Checkpoint> checkpoint = io::open(arguments.model);
  const Subject s = subject_of(arguments, checkpoint->config());
  stored::check_quantization(*checkpoint);
  std::vector<FaultyScales> scales;
  if (checkpoint->file_bytes() <= kMostScanned) scales = faulty_scales(*checkpoint, s.model);
  if (arguments.json) {
    nlohmann::json root = facts_json(s.model, s.facts, s.devices);
    root["file_bytes"] = checkpoint->file_bytes();
    root["tensors"] = tensors_json(checkpoint->tensors());
    root["faulty_scales"] = scales_json(scales);
    print_json(root);
    return 0;
  }
  write_out(facts_text(s.model, s.facts, s.devices));
  print_out("\n{:<18}{}, {}\n\n", "files", checkpoint->files().size(),
            plan::readable_bytes(static_cast<double>(checkpoint->file_bytes())));
  print_tensors(checkpoint->tensors());
  print_scales(scales);
  return 0;
}

int inspect_path(const Arguments& arguments) {
  const fs::path path = arguments.model;
  if (is_bare(path)) return inspect_bare(arguments);
  const fs::path configuration = bare_configuration(path);
  return configuration.empty() ? inspect_checkpoint(arguments)
                               : inspect_configuration(arguments, configuration);
}

}  // namespace

int inspect(const Arguments& arguments) {
  const fs::path path = arguments.model;
  if (path.extension() != ".yaml" && path.extension() != ".yml") return inspect_path(arguments);
  Arguments named = arguments;
  named.model = config::load(path.string(), {}).config.model.path;
  return inspect_path(named);
}

}  // namespace clinfer::cli
