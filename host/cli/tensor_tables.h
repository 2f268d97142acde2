#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "graph/models/model.h"
#include "host/io/checkpoint.h"
#include "host/stored/scale_faults.h"

namespace clinfer::cli {

/// Formats with their sums, then every tensor, to standard output.
void print_tensors(const std::vector<io::Tensor>& tensors);
nlohmann::json tensors_json(const std::vector<io::Tensor>& tensors);

/// Scales of 0, Inf and NaN of one weight.
struct FaultyScales {
  std::string tensor;
  stored::ScaleFaults faults;
};

/// The weights of the model that have such scales; every scale of the checkpoint is read.
std::vector<FaultyScales> faulty_scales(const io::Checkpoint& checkpoint, const graph::Model& model);
void print_scales(const std::vector<FaultyScales>& list);
nlohmann::json scales_json(const std::vector<FaultyScales>& list);

}  // namespace clinfer::cli
