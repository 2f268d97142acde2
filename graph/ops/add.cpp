#include "graph/ops/add.h"

namespace clinfer::graph {

std::vector<Type> Add::infer(Operands in) const {
  require_count(in, 2, 2, kName);
  require(is_f32(*in[0]) && (in[0]->type == in[1]->type || is_f32_row(*in[1], in[0]->type.cols)), "add C1",
          "two f32 operands of one type, or a matrix and one row", in);
  return {in[0]->type};
}

void Add::reference(Inputs in, Outputs out) const {
  const bool one_row = in[1]->rows == 1;
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    const double* b = in[1]->row(one_row ? 0 : r);
    for (int64_t c = 0; c < out[0]->cols; ++c)
      out[0]->at(r, c) = in[0]->at(r, c) + static_cast<double>(scale) * b[c];
  }
}

Cost Add::cost(Operands in, const Sizes& sizes) const {
  const Type& y = in[0]->type;
  const double elements = static_cast<double>(sizes.of(y.rows)) * static_cast<double>(y.cols);
  return {(scale == 1.0f ? 1 : 2) * elements, traffic(in, infer(in), sizes)};
}

Attributes Add::attributes() const {
  if (scale == 1.0f) return {};
  return {{"scale", format_number(scale)}};
}

}  // namespace clinfer::graph
