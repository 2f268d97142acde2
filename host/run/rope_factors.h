#pragma once

#include "graph/models/model.h"
#include "host/io/checkpoint.h"

namespace clinfer::run {

/// Divides the model's rotary frequencies by the checkpoint's tensor rope_freqs.weight, which GGUF files of
/// Llama 3.1 and later carry in place of scaling keys. Throws Error(Fault::model) when its size does not fit.
void apply_rope_factors(graph::Model& model, const io::Checkpoint& checkpoint);

}  // namespace clinfer::run
