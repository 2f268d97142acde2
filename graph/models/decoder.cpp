#include "graph/models/decoder.h"

#include "graph/models/blocks.h"

namespace clinfer::graph {
namespace {

ValueId attended(Builder& b, const Decoder& s, DecoderStream& stream, const LayerKind& kind,
                 const std::string& prefix, ValueId x) {
  if (!kind.reads_keys) stream.shared = {};
  LayerPosition at{.positions = stream.in.positions,
                   .window = kind.window,
                   .chunk = kind.chunk,
                   .scaled_query = kind.scaled_query,
                   .shared = &stream.shared};
  if (kind.rotary >= 0) {
    at.inv_freq = stream.inv_freq.at(static_cast<size_t>(kind.rotary));
    at.scale = s.rotaries.at(static_cast<size_t>(kind.rotary)).scale;
  }
  if (const auto* latent = std::get_if<LatentAttentionBlock>(&s.attention)) {
    if (!kind.shares_rows) stream.selected = -1;
    return latent_attention(b, *latent, prefix, x, at.positions, at.inv_freq, &stream.selected);
  }
  return grouped_attention(b, std::get<GroupedAttentionBlock>(s.attention), prefix, x, at);
}

/// Attention or the recurrent layer in its place.
ValueId mixed(Builder& b, const Decoder& s, DecoderStream& stream, int64_t layer, const std::string& p,
              ValueId x) {
  const LayerKind& kind = s.kinds.at(static_cast<size_t>(layer));
  if (kind.recurrent)
    return recurrent(b, s.recurrent, p + "." + s.names.recurrent, x, stream.in.positions, layer);
  return attended(b, s, stream, kind, p + "." + s.names.attention, x);
}

ValueId fed_forward(Builder& b, const Decoder& s, const LayerKind& kind, const std::string& layer,
                    ValueId x) {
  if (kind.sparse) return moe(b, s.moe.value(), layer + "." + s.names.moe, x);
  return mlp(b, s.mlp, layer + "." + s.names.mlp, x);
}

/// x itself when the norm has no name.
ValueId normed(Builder& b, const Decoder& s, const std::string& layer, const std::string& name, ValueId x) {
  return name.empty() ? x : norm(b, layer + "." + name, x, s.hidden, s.norm);
}

/// The residual stream behind a sub-layer that made y of x, normed to `in`.
ValueId joined(Builder& b, const Decoder& s, const std::string& name, ValueId x, ValueId in, ValueId y,
               ResidualFactors NormedResidual::*factors) {
  if (!s.normed_residual) return residual(b, name, x, y, s.residual_scale);
  const ResidualFactors f = (*s.normed_residual).*factors;
  const ValueId kept = b.add(Pointwise{Function::scale, f.kept}, name + ".kept", {in});
  return residual(b, name, kept, y, f.added);
}

}  // namespace

DecoderStream open_stream(Builder& b, const Decoder& s) {
  DecoderStream stream{add_decoder_inputs(b), {}};
  for (const Rotary& rotary : s.rotaries) {
    const std::string number = stream.inv_freq.empty() ? "" : "." + std::to_string(stream.inv_freq.size());
    stream.inv_freq.push_back(b.constant("inv_freq" + number, rotary.inv_freq));
  }
  return stream;
}

ValueId embed(Builder& b, const Decoder& s, const DecoderStream& stream) {
  const ValueId table = b.weight(s.names.embedding + ".weight", s.vocab, s.hidden);
  ValueId x = b.add(Embedding{s.embedding_scale}, s.names.embedding, {stream.in.ids, table});
  if (!s.embedding_norm.empty()) x = norm(b, s.embedding_norm, x, s.hidden, s.norm);
  if (s.learned_positions.empty()) return x;
  const ValueId rows = b.weight(s.learned_positions + ".weight", s.max_positions, s.hidden);
  const ValueId place = b.add(Embedding{}, s.learned_positions, {stream.in.positions, rows});
  return residual(b, s.names.embedding + ".sum", x, place);
}

ValueId decoder_layer(Builder& b, const Decoder& s, DecoderStream& stream, int64_t layer, ValueId x) {
  const std::string p = s.names.layers + "." + std::to_string(layer);
  const LayerKind& kind = s.kinds.at(static_cast<size_t>(layer));
  const ValueId attention_in = normed(b, s, p, s.around_attention.before, x);
  ValueId y = mixed(b, s, stream, layer, p, attention_in);
  if (s.parallel) {
    y = residual(b, p + ".sum", y, fed_forward(b, s, kind, p, attention_in));
    return residual(b, p + ".residual", x, y, s.residual_scale);
  }
  y = normed(b, s, p, s.around_attention.after, y);
  x = joined(b, s, p + ".attn_residual", x, attention_in, y,
             kind.recurrent ? &NormedResidual::recurrent : &NormedResidual::attention);
  const ValueId mlp_in = normed(b, s, p, s.around_mlp.before, x);
  y = normed(b, s, p, s.around_mlp.after, fed_forward(b, s, kind, p, mlp_in));
  return joined(b, s, p + ".mlp_residual", x, mlp_in, y, &NormedResidual::mlp);
}

void add_logits(Builder& b, const Decoder& s, ValueId x) {
  const std::string matrix = (s.tied ? s.names.embedding : s.names.head) + ".weight";
  std::vector<ValueId> inputs = {x, b.weight(matrix, s.vocab, s.hidden)};
  if (s.head_bias) inputs.push_back(b.vector(s.names.head + ".bias", s.vocab));
  x = b.add(Linear{}, s.names.head, std::move(inputs));
  if (s.logit_scale != 1.0f)
    x = b.add(Pointwise{Function::scale, s.logit_scale}, s.names.head + ".scale", {x});
  if (s.logit_softcap > 0)
    x = b.add(Pointwise{Function::softcap, s.logit_softcap}, s.names.head + ".softcap", {x});
  b.output(x, "logits");
}

Model build_decoder(const Decoder& s, bool with_hidden) {
  Builder b("main");
  DecoderStream stream = open_stream(b, s);
  ValueId x = embed(b, s, stream);
  for (int64_t i = 0; i < s.layers; ++i) {
    b.stage(static_cast<int>(i));
    x = decoder_layer(b, s, stream, i, x);
  }
  b.stage(static_cast<int>(s.layers));
  // Without a draft module only the wanted rows are normed.
  const auto select = [&](ValueId rows) {
    return b.add(SelectRows{}, "output_rows.select", {rows, stream.in.output_rows});
  };
  if (!with_hidden) x = select(x);
  x = norm(b, s.names.norm, x, s.hidden, s.norm);
  if (with_hidden) {
    b.output(x, "hidden");
    x = select(x);
  }
  add_logits(b, s, x);
  Model model;
  model.main = b.finish(static_cast<int>(s.layers));
  model.layers = s.layers;
  model.hidden_size = s.hidden;
  model.vocab_size = s.vocab;
  model.max_positions = s.max_positions;
  return model;
}

}  // namespace clinfer::graph
