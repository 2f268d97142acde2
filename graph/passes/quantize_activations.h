#pragma once

#include <string>

#include "graph/graph.h"

namespace clinfer::graph {

/// Rounds to `format` what linear layers whose weights are quantised read, once for all that read the same
/// value; returns how many values it rounded. Gated units and norms (Glu, RmsNorm) round their own result, a
/// norm of which others read it plain gives both; before others' readers stands a Quantize. Layers that a
/// model's makers leave in f32, f16 or bf16 (the router; often the head) keep plain activations, those in f16
/// or bf16 not where `format` is bf16, and so does kv_b of latent attention, which is used absorbed. To be
/// run when formats are chosen and before latent attention is expanded. Throws Error(Fault::usage) for a
/// format that is not one of activations.
int64_t quantize_activations(Graph& graph, const std::string& format);

}  // namespace clinfer::graph
