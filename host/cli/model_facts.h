#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "graph/device_info.h"
#include "graph/models/model.h"
#include "graph/parameters.h"
#include "host/cl/device_speed.h"

namespace clinfer::cli {

/// For which lengths a model's work is counted, in tokens.
struct FactLengths {
  int64_t context = 4096;  ///< in the caches
  int64_t prompt = 512;    ///< of one prefill
};

/// A device and what it reaches; nothing where nobody has measured it.
struct MeasuredDevice {
  graph::DeviceInfo info;
  std::optional<cl::DeviceSpeed> speed;
};

/// What can be said of a model from its configuration alone. Bytes and FLOP are least work (graph/work.h):
/// caches hold bf16, matrices that a format leaves out too.
struct ModelFacts {
  struct Cache {
    std::string format;
    double token_bytes = 0;
    double context_bytes = 0;  ///< of all caches, FactLengths::context tokens long
  };
  struct Weights {
    std::string format;
    double bytes = 0;
    double read_bytes = 0;        ///< for one token
    std::vector<double> seconds;  ///< at least, for one token behind the context, on each measured device
  };

  FactLengths lengths;
  graph::Parameters parameters;
  std::vector<graph::RoleParameters> roles;
  std::optional<graph::Parameters> draft;      ///< with the embedding and head that it shares
  std::optional<graph::Parameters> draft_own;  ///< without
  std::vector<Cache> caches;
  double state_bytes = 0;       ///< of recurrent layers, however long the context is
  double cache_read_bytes = 0;  ///< for one token behind the context
  double decode_flops = 0;      ///< of that token
  double prefill_flops = 0;     ///< of the whole prompt
  std::vector<Weights> weights;
  std::vector<double> prefill_seconds;  ///< at least, of bf16 weights, on each measured device
};

ModelFacts model_facts(const graph::Model& model, const FactLengths& lengths,
                       const std::vector<MeasuredDevice>& devices);

nlohmann::json facts_json(const graph::Model& model, const ModelFacts& facts,
                          const std::vector<MeasuredDevice>& devices);
std::string facts_text(const graph::Model& model, const ModelFacts& facts,
                       const std::vector<MeasuredDevice>& devices);

}  // namespace clinfer::cli
