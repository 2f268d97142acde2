#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "graph/models/grouped_attention_block.h"
#include "graph/models/latent_attention_block.h"
#include "graph/models/mlp_block.h"
#include "graph/models/model.h"
#include "graph/models/moe_block.h"
#include "graph/models/norm_block.h"
#include "graph/models/recurrent_block.h"
#include "graph/models/rotary.h"

namespace clinfer::graph {

/// Names of the norms around a sub-layer f (attention or feed-forward), empty: none. x + after(f(before(x))).
struct NormsAround {
  std::string before;
  std::string after;
};

/// What differs from layer to layer.
struct LayerKind {
  int64_t window = 0;         ///< sliding window in tokens, 0: none
  int64_t chunk = 0;          ///< only the query's own chunk of so many tokens is seen, 0: all
  int rotary = 0;             ///< index into Decoder::rotaries, -1: the layer's attention knows no positions
  bool sparse = false;        ///< a mixture of experts in place of the dense network
  bool scaled_query = false;  ///< GroupedAttentionBlock::query_scale applies
  bool reads_keys = false;    ///< keys and values are those of the nearest earlier layer that has its own
  bool recurrent = false;     ///< Decoder::recurrent in place of attention
  bool shares_rows = false;   ///< latent attention reads the rows that an earlier layer's indexer chose
};

/// x becomes kept * x + added * y.
struct ResidualFactors {
  float kept = 1.0f;
  float added = 1.0f;
};

/// The residual stream goes on from a sub-layer's normed input in place of what it was (MiniMax-01).
struct NormedResidual {
  ResidualFactors attention;
  ResidualFactors recurrent;
  ResidualFactors mlp;
};

struct DecoderNames {
  std::string embedding = "model.embed_tokens";
  std::string layers = "model.layers";
  std::string attention = "self_attn";
  std::string recurrent = "linear_attn";
  std::string mlp = "mlp";
  std::string moe = "mlp";
  std::string norm = "model.norm";
  std::string head = "lm_head";
};

/// A decoder-only transformer as data: a family reads its keys into this.
struct Decoder {
  int64_t layers = 1;
  int64_t hidden = 1;
  int64_t vocab = 1;
  int64_t max_positions = 2048;
  NormBlock norm;
  NormsAround around_attention{"input_layernorm", ""};
  NormsAround around_mlp{"post_attention_layernorm", ""};
  bool parallel = false;  ///< attention and feed-forward read the same normed x (GPT-J): one residual
  std::variant<GroupedAttentionBlock, LatentAttentionBlock> attention;
  RecurrentBlock recurrent;  ///< of the layers whose kind says so
  std::vector<Rotary> rotaries;
  MlpBlock mlp;
  std::optional<MoeBlock> moe;
  std::vector<LayerKind> kinds;  ///< one a layer; a draft module's behind them
  /// Name of a table [max_positions, hidden] that is added to the embedding, empty: none.
  std::string learned_positions;
  std::string embedding_norm;  ///< name of a norm behind the embedding, empty: none
  float embedding_scale = 1.0f;
  float residual_scale = 1.0f;  ///< of what a sub-layer adds
  std::optional<NormedResidual> normed_residual;
  float logit_scale = 1.0f;
  float logit_softcap = 0.0f;  ///< logits become cap * tanh(logits / cap), 0: not
  bool tied = false;           ///< lm_head is the embedding
  bool head_bias = false;
  DecoderNames names;

  GroupedAttentionBlock& grouped() { return std::get<GroupedAttentionBlock>(attention); }
};

/// The keys that nearly all families share, for a pre-norm decoder with grouped-query attention, SwiGLU and
/// one rotary table for all layers.
Decoder read_decoder(const Meta& config, const BuildOptions& options);
/// The same without attention and rotary tables.
Decoder read_decoder_frame(const Meta& config);

/// What all layers of a graph read.
struct DecoderStream {
  DecoderInputs in;
  std::vector<ValueId> inv_freq;  ///< of each rotary table
  SharedKeys shared{};            ///< of the last layer with keys of its own
  ValueId selected = -1;          ///< rows that the last indexer chose
};
DecoderStream open_stream(Builder& b, const Decoder& s);
ValueId embed(Builder& b, const Decoder& s, const DecoderStream& stream);
ValueId decoder_layer(Builder& b, const Decoder& s, DecoderStream& stream, int64_t layer, ValueId x);
/// Logits of normed rows, as the graph's output.
void add_logits(Builder& b, const Decoder& s, ValueId x);

/// `with_hidden`: the graph also gives every token's hidden state behind the final norm, for a draft module.
Model build_decoder(const Decoder& s, bool with_hidden = false);

}  // namespace clinfer::graph
