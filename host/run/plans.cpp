#include <algorithm>
#include <future>
#include <set>

#include <spdlog/spdlog.h>

#include "graph/passes/choose_formats.h"
#include "graph/passes/expand_latent_attention.h"
#include "graph/passes/group_rows.h"
#include "graph/passes/join_gates.h"
#include "graph/passes/join_residuals.h"
#include "graph/passes/quantize_activations.h"
#include "graph/passes/ring_caches.h"
#include "graph/passes/round_attention.h"
#include "graph/passes/set_cache_format.h"
#include "host/io/text_part.h"
#include "host/kernels/fp8_linear.h"
#include "host/kernels/row_tiles.h"
#include "host/run/engine.h"
#include "host/run/rope_factors.h"
#include "host/run/weight_source.h"
#include "host/stored/quantization_config.h"
#include "quant/error.h"

namespace clinfer::run {
namespace {

/// Drops a draft module that the configuration announces but of which the checkpoint holds nothing. (If it
/// holds a part, check_weights names what is missing.)
void drop_absent_draft(graph::Model& model, const io::Checkpoint& checkpoint) {
  if (!model.draft) return;
  std::set<std::string> of_main;
  for (const graph::Value& value : model.main.values) {
    if (value.weight() != nullptr) of_main.insert(value.weight()->tensors.front());
  }
  for (const graph::Value& value : model.draft->values) {
    if (value.weight() == nullptr) continue;
    const std::string& tensor = value.weight()->tensors.front();
    if (!of_main.contains(tensor) && checkpoint.find(tensor) != nullptr) return;
  }
  model.draft.reset();
}

void round_activations(graph::Graph& graph, const std::string& format) {
  if (graph::quantize_activations(graph, format) > 0) return;
  spdlog::warn(
      "activations.format {} changes nothing in graph {}: none of its linear layers has quantised "
      "weights (weights.format)",
      format, graph.name);
}

struct Phase {
  std::string name;
  graph::LatentForm form;
  graph::Sizes most;
};

std::shared_ptr<plan::Plan> make_plan(graph::Graph graph, const Phase& phase, const EngineOptions& options) {
  graph::expand_latent_attention(graph, phase.form);
  if (graph::rounds_attention(options.activations_format)) graph::round_attention(graph);
  if (!options.placement.empty()) graph::place_devices(graph, options.placement);
  graph::join_residuals(graph);
  graph::join_gates(graph, [&](const graph::Value& gate, const graph::Value& up, const graph::Type& x) {
    return kernels::suits_fp8_gates(options.devices[static_cast<size_t>(gate.device)], *gate.weight(),
                                    *up.weight(), x);
  });
  graph::group_rows(graph, kernels::kGroupRows, [&](const graph::Value& weight, const graph::Type& x) {
    return kernels::suits_row_groups(options.devices[static_cast<size_t>(weight.device)], *weight.weight(),
                                     x);
  });
  graph::group_rows(graph, kernels::kTileRows, [&](const graph::Value& weight, const graph::Type& x) {
    return kernels::suits_row_tiles(options.devices[static_cast<size_t>(weight.device)], *weight.weight(), x);
  });
  return std::make_shared<plan::Plan>(
      plan::lower(std::move(graph), options.devices, {phase.name, phase.most, options.force_variant}));
}

void add_plans(Plans& plans, graph::Graph graph, const io::Checkpoint& checkpoint,
               const EngineOptions& options) {
  graph::choose_formats(graph, options.weights_format, options.weight_rules, [&](const std::string& tensor) {
    return std::string(stored::stored_shape(checkpoint, tensor).format->name);
  });
  if (options.activations_format != "keep") round_activations(graph, options.activations_format);
  graph::set_cache_format(graph, options.cache_format);
  if (options.stream.window > 0) graph::stream_attention(graph, options.stream);
  const int64_t batch = std::min(options.batch_tokens, plans.max_context);
  const int64_t small = std::min(kernels::kSmallBatch, plans.max_context);
  graph::ring_caches(graph, std::max(batch, small), plans.max_context);
  const Phase prefill{"prefill",
                      graph::LatentForm::naive,
                      {batch, std::min(options.prefill_outputs, batch), plans.max_context}};
  const Phase decode{"decode", graph::LatentForm::absorbed, {small, small, plans.max_context}};
  auto other = std::async(std::launch::async, [&] { return make_plan(graph, decode, options); });
  plans.list.push_back(make_plan(graph, prefill, options));
  plans.list.push_back(other.get());
}

}  // namespace

bool has_draft(const io::Checkpoint& checkpoint) {
  graph::Model model = graph::build_model(checkpoint.config(), {.draft = true});
  drop_absent_draft(model, checkpoint);
  return model.draft.has_value();
}

Plans make_plans(const io::Checkpoint& checkpoint, const EngineOptions& options) {
  Plans plans;
  stored::check_quantization(checkpoint);
  const graph::Stream& stream = options.stream;
  const int64_t in_sight = stream.window > 0 ? stream.first + stream.window : options.max_context;
  plans.model = graph::build_model(checkpoint.config(), {options.draft, in_sight});
  drop_absent_draft(plans.model, checkpoint);
  if (io::is_text_part(checkpoint.config()))
    spdlog::info("{}: the text model alone is run, tensors of other parts are not read",
                 checkpoint.config().file());
  if (options.draft && !plans.model.draft) {
    throw Error(Fault::usage,
                checkpoint.config().file() +
                    ": speculative.method is mtp, but the model has no multi-token-prediction module");
  }
  apply_rope_factors(plans.model, checkpoint);
  const int64_t made_for = plans.model.max_positions;
  if (in_sight > made_for) {
    const char* key = stream.window > 0 ? "kv_cache.window and first_rows are " : "kv_cache.max_context is ";
    throw Error(Fault::usage, key + std::to_string(in_sight) + ", but the model was made for " +
                                  std::to_string(made_for) + " positions");
  }
  plans.max_context = options.max_context > 0 ? options.max_context : made_for;
  check_weights(plans.model.main, checkpoint);
  add_plans(plans, plans.model.main, checkpoint, options);
  if (plans.model.draft) {
    check_weights(*plans.model.draft, checkpoint);
    add_plans(plans, *plans.model.draft, checkpoint, options);
  }
  return plans;
}

}  // namespace clinfer::run
