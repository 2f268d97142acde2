#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/report/section_data.h"
#include "host/report/windows.h"
#include "host/run/engine.h"

namespace clinfer::report {

/// What happened inside a model on the first tokens of a text.
struct Trace {
  struct Stream {
    int layer = 0;
    std::vector<float> values;  ///< [tokens, hidden]
  };
  struct Routes {
    int layer = 0;
    size_t top_k = 0;
    std::vector<int32_t> ids;    ///< [tokens, top_k]
    std::vector<float> weights;  ///< likewise
  };
  int64_t tokens = 0;
  std::map<std::string, Stream> streams;  ///< of the residual stream behind each stage, by the value's name
  std::map<std::string, Routes> routes;   ///< by the router's name
};

/// Runs windows of the text, at most 1024 tokens and 64 MiB of streams, and records them; `also` is shown
/// every step, too.
Trace take_trace(run::Engine& engine, const Windows& windows, const run::Observer& also = {});

/// The streams of a candidate beside the base's. Throws Error(Fault::run) when they are not of the same run.
Propagation propagation_of(const Trace& base, const Trace& own);

/// The experts of a candidate beside the base's; empty for a model without.
std::vector<RoutingLayer> routing_of(const Trace& base, const Trace& own);

}  // namespace clinfer::report
