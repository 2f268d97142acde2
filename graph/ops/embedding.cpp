#include "graph/ops/embedding.h"

namespace clinfer::graph {

std::vector<Type> Embedding::infer(Operands in) const {
  require_count(in, 2, 2, kName);
  require(is_index_column(*in[0]), "embedding C1", "ids is i32 with one column", in);
  const Weight* table = in[1]->weight();
  require(table != nullptr && table->experts == 1 && !table->vector, "embedding C2",
          "the table is a weight matrix", in);
  return {{DType::f32, in[0]->type.rows, in[1]->type.cols}};
}

void Embedding::reference(Inputs in, Outputs out) const {
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    const int64_t id = checked_index(in[0]->at(r, 0), in[1]->rows, "embedding: token id");
    for (int64_t c = 0; c < out[0]->cols; ++c)
      out[0]->at(r, c) = static_cast<double>(scale) * in[1]->at(id, c);
  }
}

// Of the table only the rows of these tokens are read.
Cost Embedding::cost(Operands in, const Sizes& sizes) const {
  const double share =
      static_cast<double>(sizes.of(in[0]->type.rows)) / static_cast<double>(in[1]->weight()->rows);
  return {0, bytes_of(*in[0], sizes) + share * bytes_of(*in[1], sizes) + traffic({}, infer(in), sizes)};
}

Attributes Embedding::attributes() const {
  if (scale == 1.0f) return {};
  return {{"scale", format_number(scale)}};
}

}  // namespace clinfer::graph
