#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/meta.h"
#include "host/io/checkpoint.h"
#include "host/io/gguf_metadata.h"

namespace clinfer::io {

/// Hugging Face's name for a GGUF tensor ("blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight");
/// a name that is in no table stays as it is ("rope_freqs.weight").
std::string hugging_face_tensor_name(std::string_view stored_name);

/// The reverse: "model.layers.3.self_attn.q_proj.weight" -> "blk.3.attn_q.weight"; "" for a name that is in
/// no table.
std::string gguf_tensor_name(std::string_view name);

/// The configuration that GGUF metadata state, under config.json's keys. `tensors` (with stored names) tell
/// what the metadata leave out: tied embeddings and biases. The activation is not stored in GGUF, nor is it
/// here. Throws Error(Fault::model) for metadata without general.architecture or with contradictory values.
graph::Meta config_from_gguf(const GgufMetadata& metadata, const std::vector<Tensor>& tensors);

}  // namespace clinfer::io
