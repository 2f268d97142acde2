#pragma once

#include "graph/models/model.h"
#include "host/quantize/gguf_file.h"

namespace clinfer::cli {

/// Metadata, tokenizer and row order of the GGUF file that a checkpoint becomes: of a Hugging Face folder
/// translated, of a GGUF file as they are. Throws Error(Fault::usage) for a family, and Error(Fault::model)
/// for a tokenizer or a configuration, that cannot be written to GGUF.
quantize::GgufPlan gguf_plan(const io::Checkpoint& checkpoint, const graph::Model& model);

}  // namespace clinfer::cli
