#include "graph/ops/position_scale.h"

#include <algorithm>
#include <cmath>

namespace clinfer::graph {

std::vector<Type> PositionScale::infer(Operands in) const {
  require_count(in, 2, 2, kName);
  require(is_f32(*in[0]), "position_scale C1", "x is f32", in, attributes());
  require(is_index_column(*in[1]) && in[1]->type.rows == in[0]->type.rows, "position_scale C2",
          "positions is i32 with one column and x's rows", in, attributes());
  require(length > 0 && shift >= 0, "position_scale C3", "length > 0 and shift >= 0", in, attributes());
  return {in[0]->type};
}

void PositionScale::reference(Inputs in, Outputs out) const {
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    const double ratio = (in[1]->at(r, 0) + static_cast<double>(shift)) / static_cast<double>(length);
    const double growth = steps ? std::log(1 + std::floor(ratio)) : std::log(std::max(1.0, ratio));
    const double scale = 1 + static_cast<double>(factor) * growth;
    for (int64_t c = 0; c < out[0]->cols; ++c) out[0]->at(r, c) = scale * in[0]->at(r, c);
  }
}

Cost PositionScale::cost(Operands in, const Sizes& sizes) const {
  const Type& x = in[0]->type;
  const double elements = static_cast<double>(sizes.of(x.rows)) * static_cast<double>(x.cols);
  return {elements, traffic(in, infer(in), sizes)};
}

Attributes PositionScale::attributes() const {
  return {{"factor", format_number(factor)},
          {"length", std::to_string(length)},
          {"shift", std::to_string(shift)},
          {"steps", steps ? "true" : "false"}};
}

}  // namespace clinfer::graph
