#include "graph/models/gguf_architecture.h"

#include <cmath>

namespace clinfer::graph {
namespace {

constexpr GgufArchitecture kArchitectures[] = {
    {"llama", "llama", true},
    {"qwen2", "qwen2", false},
    {"qwen3", "qwen3", false},
};

}  // namespace

const GgufArchitecture* find_gguf_architecture(std::string_view model_type) {
  for (const GgufArchitecture& entry : kArchitectures) {
    if (entry.model_type == model_type) return &entry;
  }
  return nullptr;
}

std::vector<float> gguf_rope_factors(const Meta& config, const Model& model) {
  const Meta scaling = config.object("rope_scaling");
  if (scaling.empty() || scaling.string_or("rope_type", "default") != "llama3") return {};
  const double theta = config.number_or("rope_theta", 10000.0);
  std::vector<float> factors;
  for (const Value& value : model.main.values) {
    const Constant* constant = value.constant();
    if (constant == nullptr || !factors.empty()) continue;  // the graph's constants are rotary frequencies
    const auto pairs = static_cast<double>(constant->data.size());
    for (const float frequency : constant->data) {
      const double plain = std::pow(theta, -static_cast<double>(factors.size()) / pairs);
      factors.push_back(static_cast<float>(plain / static_cast<double>(frequency)));
    }
  }
  return factors;
}

std::string gguf_model_types() {
  std::string names;
  for (const GgufArchitecture& entry : kArchitectures)
    names.append(names.empty() ? "" : ", ").append(entry.model_type);
  return names;
}

}  // namespace clinfer::graph
