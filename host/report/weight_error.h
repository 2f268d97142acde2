#pragma once

#include <functional>
#include <span>
#include <vector>

#include "graph/graph.h"
#include "host/io/checkpoint.h"
#include "host/report/data.h"
#include "host/report/linear_inputs.h"
#include "quant/format.h"

namespace clinfer::report {

/// Tensors done so far, and in all.
using TensorProgress = std::function<void(int64_t done, int64_t total)>;

/// Every weight matrix of a graph whose formats are chosen: what the checkpoint stores beside what the device
/// is given. Sorted by layer, then as the graph has them. One checkpoint tensor is in memory at a time.
/// `inputs`: rows on which the errors of the matrices' outputs are taken; may be empty.
std::vector<TensorError> weight_errors(const graph::Graph& graph, const io::Checkpoint& checkpoint,
                                       const LinearInputs& inputs, const TensorProgress& progress);

/// The error of one matrix [rows, cols] turned into `format`, added to `error`.
void add_matrix(const quant::Format& format, std::span<const float> values, int64_t rows, int64_t cols,
                TensorError& error);

}  // namespace clinfer::report
