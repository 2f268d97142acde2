#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "quant/hadamard.h"

namespace clinfer::graph {

/// What becomes of a tensor of the checkpoint so that values between matrices are rotated and the model
/// computes the same. A matrix is [rows, cols] as in Weight; a bias is one column of outputs.
struct TensorChange {
  bool ones = false;                       ///< a norm's weight, which went into its readers
  std::string norm;                        ///< first, columns are multiplied with this tensor; "": not
  std::optional<quant::Rotation> columns;  ///< then each row is rotated, as what it is multiplied with
  std::optional<quant::Rotation> rows;     ///< and what the matrix gives
  bool operator==(const TensorChange&) const = default;
};

/// A tensor that two nodes share until they need different changes of it (tied embeddings).
struct UntiedTensor {
  std::string name;    ///< of the new tensor
  std::string source;  ///< the one it is made of
  TensorChange change;
};

struct Rotations {
  std::map<std::string, TensorChange> tensors;  ///< by name; the others stay as they are
  std::vector<UntiedTensor> untied;
};

/// Adds the rotation of each head's values, between the matrix that makes them and the one that reads the
/// attention's output: attention mixes tokens, not columns, so heads of any number may share value heads.
/// (Nothing of the kind holds for up_proj and down_proj: silu(gate) * up is taken column by column, and a
/// rotation does not commute with that.)
void add_value_rotations(const Graph& graph, Rotations& rotations);

/// Adds the rotation of the residual stream: of the embedding, of everything that reads the stream (always
/// behind an RMSNorm, whose mean square no rotation changes and whose weight goes into the readers), and of
/// everything that is added to it. Throws Error(Fault::usage) naming the node when a graph uses its stream in
/// another way.
void add_residual_rotation(const Graph& graph, Rotations& rotations);

}  // namespace clinfer::graph
