#include "graph/ops/slice.h"

namespace clinfer::graph {

std::vector<Type> Slice::infer(Operands in) const {
  require_count(in, 1, 1, kName);
  require(offset >= 0 && width > 0 && parts > 0 && stride >= 0 &&
              offset + (parts - 1) * stride + width <= in[0]->type.cols,
          "slice C1", "0 <= offset, 0 < width, 0 < parts, 0 <= stride, the last part within the columns", in,
          attributes());
  require(parts == 1 || in[0]->cache() == nullptr, "slice C2", "one part of a cache", in, attributes());
  return {{in[0]->type.dtype, in[0]->type.rows, parts * width}};
}

/// A cache may hold more rows than the context: rows are those of the result.
void Slice::reference(Inputs in, Outputs out) const {
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    for (int64_t c = 0; c < parts * width; ++c)
      out[0]->at(r, c) = in[0]->at(r, offset + c / width * stride + c % width);
  }
}

Cost Slice::cost(Operands in, const Sizes& sizes) const {
  return {0, 2 * traffic({}, infer(in), sizes)};
}

Attributes Slice::attributes() const {
  Attributes list = {{"offset", std::to_string(offset)}, {"width", std::to_string(width)}};
  if (parts > 1) list.emplace_back("parts", std::to_string(parts));
  if (parts > 1) list.emplace_back("stride", std::to_string(stride));
  return list;
}

}  // namespace clinfer::graph
