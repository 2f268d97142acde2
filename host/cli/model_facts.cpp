#include "host/cli/model_facts.h"

#include <algorithm>

#include "graph/passes/choose_formats.h"
#include "graph/passes/ring_caches.h"
#include "graph/passes/set_cache_format.h"
#include "graph/work.h"
#include "quant/cache_format.h"
#include "quant/format.h"

namespace clinfer::cli {
namespace {

constexpr const char* kLeftOut = "bf16";

graph::Graph with_weights(graph::Graph graph, const std::string& format) {
  graph::choose_formats(graph, format, [](const std::string&) { return std::string(kLeftOut); });
  return graph;
}

/// Caches behind windows are rings, as a run has them for calls of the prompt's length.
std::vector<ModelFacts::Cache> cache_facts(const graph::Graph& graph, const FactLengths& lengths) {
  graph::Graph ringed = graph;
  graph::ring_caches(ringed, lengths.prompt, lengths.context);
  std::vector<ModelFacts::Cache> list;
  for (const quant::CacheFormat& format : quant::cache_formats()) {
    const auto token = graph::cache_bytes_per_token(graph, format.name);
    const auto all = graph::cache_bytes(ringed, format.name, lengths.context);
    if (token && all) list.push_back({std::string(format.name), *token, *all});
  }
  return list;
}

/// Least seconds of the work on each device that was measured: either side of the roofline.
std::vector<double> seconds_on(const std::vector<MeasuredDevice>& devices, const graph::Work& work) {
  std::vector<double> seconds;
  for (const MeasuredDevice& device : devices) {
    if (!device.speed) continue;
    const double bytes = work.weight_bytes + work.cache_bytes;
    seconds.push_back(std::max(work.flops / device.speed->flops, bytes / device.speed->bytes_per_second));
  }
  return seconds;
}

}  // namespace

ModelFacts model_facts(const graph::Model& model, const FactLengths& lengths,
                       const std::vector<MeasuredDevice>& devices) {
  ModelFacts facts;
  facts.lengths = lengths;
  facts.parameters = graph::count_parameters(model.main);
  facts.roles = graph::count_parameters_by_role(model.main);
  if (model.draft) {
    facts.draft = graph::count_parameters(*model.draft);
    facts.draft_own = graph::count_parameters_beside(*model.draft, model.main);
  }
  facts.caches = cache_facts(model.main, lengths);
  facts.state_bytes = graph::state_bytes(model.main);
  graph::Graph main = model.main;
  graph::set_cache_format(main, kLeftOut);
  const graph::Sizes decode{1, 1, lengths.context + 1};
  const graph::Sizes prefill{lengths.prompt, 1, lengths.prompt};
  for (const quant::Format& format : quant::device_formats()) {
    const graph::Graph graph = with_weights(main, std::string(format.name));
    const graph::Work work = graph::work_of(graph, decode);
    facts.weights.push_back(
        {std::string(format.name), graph::weight_bytes(graph), work.weight_bytes, seconds_on(devices, work)});
    if (format.name != kLeftOut) continue;
    facts.cache_read_bytes = work.cache_bytes;
    facts.decode_flops = work.flops;
    const graph::Work whole = graph::work_of(graph, prefill);
    facts.prefill_flops = whole.flops;
    facts.prefill_seconds = seconds_on(devices, whole);
  }
  return facts;
}

}  // namespace clinfer::cli
