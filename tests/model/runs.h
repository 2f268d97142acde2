#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/interpret.h"
#include "host/io/checkpoint.h"
#include "host/run/engine.h"

namespace clinfer::tests {

/// A checkpoint under the interpreter: double precision on the decoded weights.
class Truth {
 public:
  /// `weights_format` and `cache_format` as in EngineOptions; `context` as in graph::BuildOptions.
  Truth(const io::Checkpoint& checkpoint, bool draft, const std::string& weights_format = "keep",
        int64_t context = 0, const std::string& cache_format = "f32");
  // Not movable: the interpreters refer to the graphs.
  Truth(const Truth&) = delete;
  Truth& operator=(const Truth&) = delete;

  /// Logits of every token of a fresh sequence; router(layer) and hidden() are of the last such call.
  graph::Array logits(std::span<const int32_t> ids);
  /// The same when the tokens come `chunk` at a time, as they do to a device.
  graph::Array logits(std::span<const int32_t> ids, size_t chunk);
  /// The draft module's logits after logits(ids): row i from the hidden state i and token i + 1.
  graph::Array draft_logits(std::span<const int32_t> ids);
  /// The name of the router in layer "model.layers.3", "" when it has none.
  std::string router_of(const std::string& layer) const;
  /// The experts that node `name` chose, ascending: [tokens, top_k].
  graph::Array chosen(const std::string& router) const;
  /// The least gap, over all routers, between the chosen and the next expert (or group) of each token.
  std::vector<double> routing_margins() const;

 private:
  graph::WeightProvider provider();

  const io::Checkpoint& checkpoint_;
  graph::Model model_;
  std::map<std::string, std::shared_ptr<const graph::Array>> decoded_;
  std::optional<graph::Interpreter> main_;
  std::optional<graph::Interpreter> draft_;
  graph::Interpreter::Arrays outputs_;
};

/// Options for `devices` with float caches and logits of every row; 64 tokens a batch.
run::EngineOptions float_options(std::vector<graph::DeviceInfo> devices, bool draft = false);

std::unique_ptr<run::Engine> make_engine(const io::Checkpoint& checkpoint, const run::EngineOptions& options);

/// Logits of every token of a fresh sequence, fed `chunk` tokens at a time.
graph::Array engine_logits(run::Engine& engine, std::span<const int32_t> ids, size_t chunk);

/// The draft module's logits: row i from hidden state i and token i + 1, fed one at a time.
graph::Array engine_draft_logits(run::Engine& engine, std::span<const int32_t> ids);

}  // namespace clinfer::tests
