#include "graph/ops/select_rows.h"

namespace clinfer::graph {

std::vector<Type> SelectRows::infer(Operands in) const {
  require_count(in, 2, 2, kName);
  require(is_f32(*in[0]), "select_rows C1", "x is f32", in);
  require(is_index_column(*in[1]), "select_rows C2", "rows is i32 with one column", in);
  return {{DType::f32, in[1]->type.rows, in[0]->type.cols}};
}

void SelectRows::reference(Inputs in, Outputs out) const {
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    const int64_t row = checked_index(in[1]->at(r, 0), in[0]->rows, "select_rows: row");
    for (int64_t c = 0; c < out[0]->cols; ++c) out[0]->at(r, c) = in[0]->at(row, c);
  }
}

// Only the chosen rows are read.
Cost SelectRows::cost(Operands in, const Sizes& sizes) const {
  return {0, bytes_of(*in[1], sizes) + 2 * traffic({}, infer(in), sizes)};
}

}  // namespace clinfer::graph
