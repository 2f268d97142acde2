#include <algorithm>
#include <charconv>
#include <string_view>

#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {
namespace {

/// The layers of moe_layers_enum, "4,5,6"; all but the first without it.
void mark_sparse(const Meta& config, Decoder& s) {
  if (!config.has("moe_layers_enum")) {
    for (size_t i = 1; i < s.kinds.size(); ++i) s.kinds[i].sparse = true;
    return;
  }
  const std::string text = config.string("moe_layers_enum");
  std::string_view rest = text;
  while (!rest.empty()) {
    int64_t layer = -1;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), layer);
    const auto length = static_cast<size_t>(end - rest.data());
    // A comma stands between layers, not behind the last.
    const bool separated = length == rest.size() || (rest[length] == ',' && length + 1 < rest.size());
    require_key(config, error == std::errc{} && separated && layer >= 0 && layer < s.layers,
                "moe_layers_enum", "must be layers separated by commas");
    s.kinds[static_cast<size_t>(layer)].sparse = true;
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
}

MoeBlock read_experts(const Meta& config, const Decoder& s) {
  MoeBlock m;
  m.hidden = s.hidden;
  m.activation = s.mlp.activation;
  m.intermediate = config.integer("moe_intermediate_size", 1, kMaxWidth);
  m.shared_intermediate = config.integer("share_expert_dim", 1, kMaxWidth);
  m.router.experts = config.integer("moe_num_experts", 1, kMaxExperts);
  m.router.top_k = config.integer("moe_top_k", 1, m.router.experts);
  m.router.renormalise = config.boolean_or("norm_expert_weight", false);
  require_experts_fit(config, s.layers, m, "moe_num_experts");
  m.stored = ExpertsStored::stacked;
  m.names.experts = "";
  m.names.shared = "share_expert";
  m.names.shared_beside = true;
  return m;
}

}  // namespace

/// The text part of Step-3 (StepFun 2025): multi-matrix factorization attention, in which one key and one
/// value serve all heads and the query goes through a normed low rank; a shared expert beside each mixture.
Model build_step3(const Meta& config, const BuildOptions& options) {
  MetaValue::Object values = config.values();
  if (config.has("max_position_embedding"))
    values["max_position_embeddings"] = MetaValue(config.integer("max_position_embedding", 1, kMaxPositions));
  values["num_key_value_heads"] = MetaValue(int64_t{1});
  Decoder s = read_decoder({config.file(), config.source(), std::move(values)}, options);
  const int64_t groups = config.integer_or("num_attention_groups", 1, 1, kMaxHeads);
  require_key(config, groups == 1, "num_attention_groups", "must be 1");
  GroupedAttentionBlock& a = s.grouped();
  a.q_rank = config.integer_or("share_q_dim", a.head_dim, 1, kMaxWidth);
  s.moe = read_experts(config, s);
  s.names.moe = "moe";
  mark_sparse(config, s);
  return build_decoder(s);
}

}  // namespace clinfer::graph
