#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "host/io/checkpoint.h"
#include "host/io/statistics_file.h"
#include "host/stored/stored_matrix.h"

namespace clinfer::run {

using stored::stored_matrix;
using stored::StoredMatrix;

/// Checks that every weight of the graph is in the checkpoint with the shape the configuration implies.
void check_weights(const graph::Graph& graph, const io::Checkpoint& checkpoint);

/// Receives pieces of a weight's device layout (kernels::WeightLayout) in any order.
using PieceSink = std::function<void(int64_t offset, std::span<const std::byte> bytes)>;

/// Brings a weight into its chosen format, piece by piece: bytes straight from the mapped file where the
/// stored format is the wanted one, else decoded and encoded again (by the words of weight.scale) in bands of
/// rows. Pages of a large checkpoint are released behind it. `importance` weights the errors of columns where
/// there is something to encode (see quant::EncodeOptions). Throws Error(Fault::usage) when it has other
/// columns.
void load_weight(const graph::Weight& weight, const io::Checkpoint& checkpoint, const PieceSink& sink,
                 const io::StatisticsFile* importance = nullptr);

/// The weight decoded, [experts * rows, cols]: what the interpreter computes with. First converted to the
/// weight's format when that is not the stored one.
std::vector<float> decode_weight(const graph::Weight& weight, const io::Checkpoint& checkpoint);

}  // namespace clinfer::run
