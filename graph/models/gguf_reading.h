#pragma once

#include "graph/models/model.h"

namespace clinfer::graph {

/// The configuration of a GGUF file (Meta::Source::gguf, whose model_type is general.architecture) under the
/// model_type and keys of Hugging Face's class. An architecture that is in no table is left as it is.
Meta config_of_gguf(const Meta& config);

/// Makes graphs that were built from such a configuration read the tensors of GGUF files, under the names
/// that host/io gives them: one name a role, experts of a layer in one tensor. Where converters change
/// values, the graph's ops follow: rows of q and k in rotating pairs, norm weights with their 1 added.
void read_as_gguf(Model& model, const Meta& gguf_config);

}  // namespace clinfer::graph
