#include <algorithm>

#include "graph/models/builders.h"
#include "graph/models/deepseek_moe.h"
#include "graph/models/draft_module.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// Which layers read the rows that an earlier one's indexer chose: indexer_types, else index_topk_pattern (a
/// letter a layer), else all but one in index_topk_freq layers from index_skip_topk_offset on.
void mark_shared(const Meta& config, Decoder& s) {
  std::vector<std::string> types;
  if (config.has("indexer_types")) types = config.strings("indexer_types");
  const std::string letters = types.empty() ? config.string_or("index_topk_pattern", "") : "";
  for (const char letter : letters)
    types.emplace_back(letter == 'S' ? "shared" : letter == 'F' ? "full" : "unknown");
  if (types.empty()) {
    const int64_t every = std::max<int64_t>(1, config.integer_or("index_topk_freq", 1, 0, 1 << 16));
    const int64_t offset = config.integer_or("index_skip_topk_offset", 2, 0, 1 << 16);
    for (int64_t i = 0; i < s.layers; ++i)
      types.emplace_back(std::max<int64_t>(0, i - offset + 1) % every == 0 ? "full" : "shared");
  }
  const bool known = std::all_of(types.begin(), types.end(),
                                 [](const std::string& t) { return t == "full" || t == "shared"; });
  require_key(config, known && static_cast<int64_t>(types.size()) == s.layers && types.front() == "full",
              letters.empty() ? "indexer_types" : "index_topk_pattern",
              "must have num_hidden_layers entries, full or shared, the first of them full");
  for (size_t i = 0; i < types.size(); ++i) s.kinds[i].shares_rows = types[i] == "shared";
}

}  // namespace

/// DeepSeek-V3.2 (DeepSeek-AI 2025): DeepSeek-V3 with a lightning indexer in each layer, whose heads rotate
/// their first half and second half; GLM-5, whose pairs lie side by side, and whose layers may share one.
Model build_deepseek_v32(const Meta& config, const BuildOptions& options) {
  Decoder s = read_latent_decoder(config, options);
  const bool side_by_side = config.string("model_type") == "glm_moe_dsa";
  std::get<LatentAttentionBlock>(s.attention).indexer =
      read_indexer(config, side_by_side ? RopePairing::interleaved : RopePairing::half, options.context);
  mark_shared(config, s);
  return build_with_draft(config, std::move(s), options);
}

}  // namespace clinfer::graph
