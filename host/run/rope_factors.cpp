#include "host/run/rope_factors.h"

#include <cmath>
#include <string>

#include "host/run/weight_source.h"
#include "quant/error.h"

namespace clinfer::run {
namespace {

constexpr std::string_view kFactors = "rope_freqs.weight";

void divide(graph::Graph& graph, const std::vector<float>& factors, const std::string& file) {
  for (graph::Value& value : graph.values) {
    auto* constant = std::get_if<graph::Constant>(&value.source);
    if (constant == nullptr) continue;  // the graphs' only constants are rotary frequencies
    if (constant->data.size() != factors.size())
      throw Error(Fault::model, file + ": tensor " + std::string(kFactors) + " has " +
                                    std::to_string(factors.size()) + " factors, the model rotates " +
                                    std::to_string(constant->data.size()) + " pairs");
    for (size_t i = 0; i < factors.size(); ++i) constant->data[i] /= factors[i];
  }
}

}  // namespace

void apply_rope_factors(graph::Model& model, const io::Checkpoint& checkpoint) {
  if (checkpoint.find(kFactors) == nullptr) return;
  const StoredMatrix stored = stored_matrix(checkpoint, std::string(kFactors));
  std::vector<float> factors(static_cast<size_t>(stored.rows * stored.cols));
  for (int64_t r = 0; r < stored.rows; ++r)
    stored.format->decode_row(stored.codes, stored.scales, r, stored.cols, factors.data() + r * stored.cols);
  const std::string& file = checkpoint.config().file();
  for (float factor : factors) {
    if (!(factor > 0) || !std::isfinite(factor))
      throw Error(Fault::model, file + ": tensor " + std::string(kFactors) + " must be positive and finite");
  }
  divide(model.main, factors, file);
  if (model.draft) divide(*model.draft, factors, file);
}

}  // namespace clinfer::run
