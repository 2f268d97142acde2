#include "host/report/trace.h"

#include <algorithm>
#include <set>

#include "quant/error.h"

namespace clinfer::report {
namespace {

constexpr int64_t kMostTokens = 1024;
constexpr int64_t kMostStreamBytes = int64_t{64} << 20;

/// Values that a later stage reads: what flows from layer to layer. One a stage.
std::map<graph::ValueId, int> streams_of(const graph::Graph& graph) {
  std::map<int, graph::ValueId> by_stage;
  for (const graph::Node& node : graph.nodes) {
    for (const graph::ValueId id : node.inputs) {
      if (id < 0) continue;
      const graph::Value& value = graph.value(id);
      const auto* made = std::get_if<graph::Result>(&value.source);
      if (made == nullptr || value.type.dtype != graph::DType::f32) continue;
      const int stage = graph.nodes[static_cast<size_t>(made->node)].stage;
      if (stage < node.stage) by_stage.try_emplace(stage, id);
    }
  }
  std::map<graph::ValueId, int> streams;
  for (const auto& [stage, id] : by_stage) streams[id] = stage;
  return streams;
}

template <typename T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// Fills a trace from the steps of an engine.
class Recorder {
 public:
  explicit Recorder(Trace& trace) : trace_(trace) {}

  void see(const run::StepView& view) {
    const graph::Graph& graph = view.plan().graph;
    if (graph_ != &graph) streams_ = streams_of(*(graph_ = &graph));
    const graph::Node& node = view.node();
    for (const graph::ValueId id : node.outputs) {
      const auto stream = streams_.find(id);
      if (stream == streams_.end()) continue;
      Trace::Stream& to = trace_.streams[view.value(id).name];
      to.layer = stream->second;
      append(to.values, view.floats(id));
    }
    if (!std::holds_alternative<graph::Router>(node.op)) return;
    Trace::Routes& to = trace_.routes[node.name];
    to.layer = node.stage;
    to.top_k = static_cast<size_t>(view.value(node.outputs[0]).type.cols);
    append(to.ids, view.integers(node.outputs[0]));
    append(to.weights, view.floats(node.outputs[1]));
  }

 private:
  Trace& trace_;
  const graph::Graph* graph_ = nullptr;
  std::map<graph::ValueId, int> streams_;
};

/// Takes the observer off again, whatever happens.
class Watch {
 public:
  Watch(run::Engine& engine, const run::Observer& observer) : engine_(engine) { engine_.observe(observer); }
  ~Watch() { engine_.observe({}); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  run::Engine& engine_;
};

void run_window(run::Engine& engine, std::span<const int32_t> ids) {
  const int32_t row = 0;
  const auto batch = static_cast<size_t>(engine.batch_tokens());
  for (size_t first = 0; first < ids.size(); first += batch)
    engine.forward(ids.subspan(first, std::min(batch, ids.size() - first)), static_cast<int64_t>(first),
                   std::span(&row, 1));
}

[[noreturn]] void fail_unlike(const std::string& name) {
  throw Error(Fault::run, name + ": a candidate's graph differs from the base's there");
}

std::optional<double> slope_of(const std::vector<LayerError>& layers) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (const LayerError& layer : layers) {
    if (layer.noise <= 0 || layer.signal <= 0) continue;
    const double at = layer.layer;
    n += 1, x += at, y += layer.db(), xx += at * at, xy += at * layer.db();
  }
  const double spread = n * xx - x * x;
  return spread > 0 ? std::optional((n * xy - x * y) / spread) : std::nullopt;
}

/// Weight of an expert among a token's, 0 when it is none of them.
double weight_of(const Trace::Routes& routes, size_t token, int32_t expert) {
  for (size_t k = 0; k < routes.top_k; ++k) {
    if (routes.ids[token * routes.top_k + k] == expert)
      return static_cast<double>(routes.weights[token * routes.top_k + k]);
  }
  return 0;
}

RoutingLayer compare_routes(const Trace::Routes& base, const Trace::Routes& own) {
  std::vector<double> changed, kept, error;
  for (size_t t = 0; t * base.top_k < base.ids.size(); ++t) {
    const auto slice = [&](const Trace::Routes& r) {
      const auto begin = r.ids.begin() + static_cast<std::ptrdiff_t>(t * r.top_k);
      return std::set<int32_t>(begin, begin + static_cast<std::ptrdiff_t>(r.top_k));
    };
    const std::set<int32_t> a = slice(base);
    std::set<int32_t> both = slice(own);
    const auto same = std::count_if(a.begin(), a.end(), [&](int32_t id) { return both.contains(id); });
    both.insert(a.begin(), a.end());
    double difference = 0, whole = 0;
    for (const int32_t expert : both) {
      difference += std::abs(weight_of(own, t, expert) - weight_of(base, t, expert));
      whole += std::abs(weight_of(base, t, expert));
    }
    changed.push_back(same == static_cast<std::ptrdiff_t>(a.size()) ? 0 : 1);
    kept.push_back(static_cast<double>(same) / static_cast<double>(a.size()));
    error.push_back(whole > 0 ? difference / whole : 0);
  }
  return {base.layer, estimate(changed), estimate(kept), estimate(error)};
}

}  // namespace

Trace take_trace(run::Engine& engine, const Windows& windows, const run::Observer& also) {
  const graph::Model& model = engine.model();
  const int64_t token_bytes = (model.layers + 1) * model.hidden_size * static_cast<int64_t>(sizeof(float));
  int64_t left = std::clamp<int64_t>(kMostStreamBytes / std::max<int64_t>(token_bytes, 1), 1, kMostTokens);
  Trace trace;
  Recorder recorder(trace);
  const Watch watch(engine, [&](const run::StepView& view) {
    recorder.see(view);
    if (also) also(view);
  });
  for (int64_t window = 0; window < windows.count() && left > 0; ++window) {
    std::vector<int32_t> ids = windows.window(window);
    ids.resize(static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(ids.size()), left)));
    run_window(engine, ids);
    trace.tokens += static_cast<int64_t>(ids.size());
    left -= static_cast<int64_t>(ids.size());
  }
  return trace;
}

Propagation propagation_of(const Trace& base, const Trace& own) {
  Propagation result;
  result.tokens = base.tokens;
  for (const auto& [name, stream] : base.streams) {
    const auto found = own.streams.find(name);
    if (found == own.streams.end() || found->second.values.size() != stream.values.size()) fail_unlike(name);
    LayerError error{stream.layer, 0, 0};
    for (size_t i = 0; i < stream.values.size(); ++i) {
      const double x = stream.values[i];
      const double d = found->second.values[i] - x;
      error.signal += x * x;
      error.noise += d * d;
    }
    result.layers.push_back(error);
  }
  std::sort(result.layers.begin(), result.layers.end(),
            [](const LayerError& a, const LayerError& b) { return a.layer < b.layer; });
  result.slope_db = slope_of(result.layers);
  return result;
}

std::vector<RoutingLayer> routing_of(const Trace& base, const Trace& own) {
  std::vector<RoutingLayer> layers;
  for (const auto& [name, routes] : base.routes) {
    const auto found = own.routes.find(name);
    if (found == own.routes.end() || found->second.ids.size() != routes.ids.size()) fail_unlike(name);
    layers.push_back(compare_routes(routes, found->second));
  }
  std::sort(layers.begin(), layers.end(),
            [](const RoutingLayer& a, const RoutingLayer& b) { return a.layer < b.layer; });
  return layers;
}

}  // namespace clinfer::report
