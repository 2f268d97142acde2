#pragma once

#include <functional>
#include <set>
#include <string>

#include "graph/passes/find_rotations.h"
#include "host/io/checkpoint.h"

namespace clinfer::quantize {

/// What a rotated checkpoint is made of.
struct RotationPlan {
  graph::Rotations rotations;
  std::set<std::string> left_out;  ///< tensors that would not fit the others any more
  std::string format = "f32";      ///< of the tensors that change: f32, f16 or bf16
};

/// Rotates the heads' values and, unless `values_only`, the residual stream of the model. A draft module
/// reads that stream at its two ends, where a norm's weight has nothing to go into, so it is left out then.
/// Throws Error(Fault::model) as build_model does and Error(Fault::usage) as add_residual_rotation does.
RotationPlan plan_rotation(const io::Checkpoint& checkpoint, bool values_only);

struct RotationSummary {
  int64_t changed = 0;   ///< tensors
  int64_t kept = 0;      ///< tensors copied as they were
  int64_t left_out = 0;  ///< tensors
  uint64_t bytes = 0;    ///< of all tensors
};

/// Writes the checkpoint of `folder` with its matrices rotated, as one model.safetensors, a config.json and
/// the other files, into the folder `out`: a model that computes the same, in float. Holds one matrix in f32,
/// or a band of rows where only columns change. config.json says tie_word_embeddings false where the head got
/// its own matrix, and num_nextn_predict_layers 0 where tensors are left out.
/// Throws Error(Fault::model) naming a tensor that is missing, has another shape or is not f32, f16 or bf16.
RotationSummary write_rotated_checkpoint(const io::Checkpoint& checkpoint, const std::string& folder,
                                         const RotationPlan& plan, const std::string& out,
                                         const std::function<void(int64_t done, int64_t total)>& progress);

}  // namespace clinfer::quantize
