#include "graph/models/recurrent_block.h"

#include "graph/models/limits.h"

namespace clinfer::graph {

ValueId recurrent(Builder& b, const RecurrentBlock& s, const std::string& prefix, ValueId x,
                  ValueId positions, int64_t layer) {
  if (const auto* block = std::get_if<KimiDeltaBlock>(&s)) return kimi_delta(b, *block, prefix, x, positions);
  if (const auto* block = std::get_if<LightningBlock>(&s))
    return lightning(b, *block, prefix, x, positions, layer);
  return gated_delta(b, std::get<GatedDeltaBlock>(s), prefix, x, positions);
}

std::vector<bool> read_recurrent_layers(const Meta& config, int64_t layers, int64_t interval) {
  std::vector<bool> list(static_cast<size_t>(layers));
  if (!config.has("layer_types")) {
    for (int64_t i = 0; i < layers; ++i) list[static_cast<size_t>(i)] = (i + 1) % interval != 0;
    return list;
  }
  const std::vector<std::string> types = config.strings("layer_types");
  require_key(config, types.size() == list.size(), "layer_types", "must have num_hidden_layers entries");
  for (size_t i = 0; i < list.size(); ++i) {
    list[i] = types[i] == "linear_attention";
    require_key(config, list[i] || types[i] == "full_attention", "layer_types",
                "must hold linear_attention and full_attention, got \"" + types[i] + "\"");
  }
  return list;
}

}  // namespace clinfer::graph
