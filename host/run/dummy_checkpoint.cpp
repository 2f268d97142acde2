#include "host/run/dummy_checkpoint.h"

#include <filesystem>
#include <set>

#include "graph/models/models.h"
#include "host/io/config_json.h"
#include "host/io/tensor_order.h"
#include "quant/error.h"

namespace clinfer::run {
namespace {

constexpr const char* kLayers = "num_hidden_layers";
constexpr int64_t kMostLayers = 1 << 16;

std::string configuration_file(const std::string& path) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  return folder ? (std::filesystem::path(path) / "config.json").string() : path;
}

/// The configuration of a model that ends after `layers` layers. Lists with an entry a layer end there too.
graph::Meta cut(const graph::Meta& config, int64_t layers) {
  const int64_t all = config.integer(kLayers, 1, kMostLayers);
  if (layers > all) {
    throw Error(Fault::usage, "key model.layers: expected at most the " + std::to_string(all) +
                                  " layers of " + config.file() + ", got " + std::to_string(layers));
  }
  graph::MetaValue::Object values = config.values();
  for (auto& [key, value] : values) {
    auto* list = std::get_if<graph::MetaValue::Array>(&value.data);
    if (list != nullptr && std::ssize(*list) == all) list->resize(static_cast<size_t>(layers));
  }
  values[kLayers] = graph::MetaValue(layers);
  return {config.file(), config.source(), std::move(values)};
}

io::Tensor tensor_of(const std::string& name, const graph::Weight& weight) {
  io::Tensor tensor;
  tensor.name = tensor.stored_name = name;
  tensor.format = weight.vector ? "f32" : "bf16";
  const int64_t rows = weight.experts / static_cast<int64_t>(weight.tensors.size()) * weight.rows;
  if (!weight.vector || rows > 1) tensor.shape.push_back(rows);
  tensor.shape.push_back(weight.cols);
  return tensor;
}

}  // namespace

DummyCheckpoint::DummyCheckpoint(const std::string& path, int64_t layers)
    : config_(io::read_config_json(configuration_file(path))), files_{config_.file()} {
  if (layers > 0) config_ = cut(config_, layers);
  add_tensors(graph::build_model(config_).main);
}

void DummyCheckpoint::add_tensors(const graph::Graph& graph) {
  std::set<std::string> seen;
  for (const graph::Value& value : graph.values) {
    const graph::Weight* weight = value.weight();
    if (weight == nullptr) continue;
    for (const std::string& name : weight->tensors) {
      if (seen.insert(name).second) tensors_.push_back(tensor_of(name, *weight));
    }
  }
  io::sort_by_name(tensors_);
}

}  // namespace clinfer::run
