#include "graph/ops/slice.h"

namespace clinfer::graph {

std::vector<Type> Slice::infer(Operands in) const {
  require_count(in, 1, 1, kName);
  require(offset >= 0 && width > 0 && offset + width <= in[0]->type.cols, "slice C1",
          "0 <= offset, 0 < width and offset + width <= columns", in, attributes());
  return {{in[0]->type.dtype, in[0]->type.rows, width}};
}

/// A cache may hold more rows than the context: rows are those of the result.
void Slice::reference(Inputs in, Outputs out) const {
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    for (int64_t c = 0; c < width; ++c) out[0]->at(r, c) = in[0]->at(r, offset + c);
  }
}

Cost Slice::cost(Operands in, const Sizes& sizes) const {
  return {0, 2 * traffic({}, infer(in), sizes)};
}

Attributes Slice::attributes() const {
  return {{"offset", std::to_string(offset)}, {"width", std::to_string(width)}};
}

}  // namespace clinfer::graph
