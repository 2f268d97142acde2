#include "graph/models/builders.h"
#include "graph/models/decoder.h"
#include "graph/models/limits.h"

namespace clinfer::graph {

/// Baichuan-7B and 13B (Baichuan 2023): LLaMA with q, k and v in one matrix; 13B has ALiBi in place of
/// rotations, which its configuration shows by model_max_length alone.
Model build_baichuan(const Meta& config, const BuildOptions& options) {
  constexpr int64_t kVocabOfBaichuan2 = 125696;
  MetaValue::Object values = config.values();
  const bool rotates = config.has("max_position_embeddings");
  if (!rotates)
    values["max_position_embeddings"] = MetaValue(config.integer("model_max_length", 1, kMaxPositions));
  Decoder s = read_decoder({config.file(), config.source(), std::move(values)}, options);
  require_key(config, s.vocab != kVocabOfBaichuan2, "vocab_size",
              "is Baichuan 2's, whose head is normalised at load: not supported");
  GroupedAttentionBlock& a = s.grouped();
  a.fused = true;
  a.qkv = "W_pack";
  if (rotates) return build_decoder(s);
  s.rotaries.clear();
  for (LayerKind& kind : s.kinds) kind.rotary = -1;
  a.slopes = alibi_slopes(a.heads);
  return build_decoder(s);
}

}  // namespace clinfer::graph
