#include "graph/models/draft_module.h"

#include "graph/models/blocks.h"

namespace clinfer::graph {
namespace {

/// eh_proj([enorm(embedding) ; hnorm(hidden)]), one decoder layer, its own norm, the main embedding and head
/// (checkpoints carry copies of both).
Graph build_draft(const Decoder& s) {
  Builder b("draft");
  DecoderStream stream{add_decoder_inputs(b), {}};
  const ValueId hidden = b.input("hidden", {DType::f32, kTokens, s.hidden});
  stream.inv_freq = {b.constant("inv_freq", s.rotaries.front().inv_freq)};
  const std::string p = s.names.layers + "." + std::to_string(s.layers);
  b.stage(static_cast<int>(s.layers));
  const ValueId e = norm(b, p + ".enorm", embed(b, s, stream), s.hidden, s.norm);
  const ValueId h = norm(b, p + ".hnorm", hidden, s.hidden, s.norm);
  ValueId x = linear(b, p + ".eh_proj", b.add(Concat{}, p + ".eh_concat", {e, h}), 2 * s.hidden, s.hidden);
  x = decoder_layer(b, s, stream, s.layers, x);
  x = norm(b, p + ".shared_head.norm", x, s.hidden, s.norm);
  b.output(x, "hidden_out");
  add_logits(b, s, b.add(SelectRows{}, "output_rows.select", {x, stream.in.output_rows}));
  return b.finish(static_cast<int>(s.layers));
}

}  // namespace

Model build_with_draft(const Meta& config, Decoder s, const BuildOptions& options) {
  const bool draft = options.draft && config.integer_or("num_nextn_predict_layers", 0, 0, 64) > 0;
  s.kinds.push_back({.sparse = true});  // the module's layer
  Model model = build_decoder(s, draft);
  if (draft) model.draft = build_draft(s);
  return model;
}

}  // namespace clinfer::graph
