#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "host/io/checkpoint.h"
#include "quant/format.h"

namespace clinfer::run {

/// A checkpoint tensor as a matrix in a quant format; an FP8 tensor with its scale tensor. 1-D tensors are
/// one row, a 3-D one is a stack of matrices, each with codes and scales of its own.
struct StoredMatrix {
  const quant::Format* format = nullptr;
  int64_t matrices = 1;
  int64_t rows = 0;  ///< of all of them
  int64_t cols = 0;
  const uint8_t* codes = nullptr;   ///< in the mapped file
  const uint8_t* scales = nullptr;  ///< likewise, or in converted_scales, or nullptr
  const io::Tensor* tensor = nullptr;
  const io::Tensor* scale_tensor = nullptr;
  std::shared_ptr<const std::vector<float>> converted_scales;  ///< when the file's are no floats
};

/// Throws Error(Fault::model) naming the tensor: missing, of a type that is no weight format, or without its
/// scales.
StoredMatrix stored_matrix(const io::Checkpoint& checkpoint, const std::string& name);

/// Checks that every weight of the graph is in the checkpoint with the shape the configuration implies.
void check_weights(const graph::Graph& graph, const io::Checkpoint& checkpoint);

/// Receives pieces of a weight's device layout (kernels::WeightLayout) in any order.
using PieceSink = std::function<void(int64_t offset, std::span<const std::byte> bytes)>;

/// Brings a weight into its chosen format, piece by piece: bytes straight from the mapped file where the
/// stored format is the wanted one, else decoded and encoded again in bands of rows. Pages are released
/// behind it.
void load_weight(const graph::Weight& weight, const io::Checkpoint& checkpoint, const PieceSink& sink);

/// The weight decoded, [experts * rows, cols]: what the interpreter computes with. First converted to the
/// weight's format when that is not the stored one.
std::vector<float> decode_weight(const graph::Weight& weight, const io::Checkpoint& checkpoint);

}  // namespace clinfer::run
