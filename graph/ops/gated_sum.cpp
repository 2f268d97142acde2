#include "graph/ops/gated_sum.h"

#include <algorithm>
#include <cmath>

namespace clinfer::graph {

std::vector<Type> GatedSum::infer(Operands in) const {
  require_count(in, 2, 1 + kMostBranches, kName);
  const Type& y = in[1]->type;
  const bool alike = std::all_of(in.begin() + 1, in.end(), [&](const Value* v) { return v->type == y; });
  require(alike && is_f32(*in[1]) && heads > 0 && y.cols % heads == 0, "gated_sum C1",
          "one to three branches of f32[r, heads * dim]", in, attributes());
  const auto branches = static_cast<int64_t>(in.size()) - 1;
  require(in[0]->type == Type{DType::f32, y.rows, branches * heads}, "gated_sum C2",
          "gates is f32[r, branches * heads]", in, attributes());
  return {y};
}

void GatedSum::reference(Inputs in, Outputs out) const {
  const int64_t dim = out[0]->cols / heads;
  std::fill(out[0]->data.begin(), out[0]->data.end(), 0.0);
  for (size_t b = 1; b < in.size(); ++b) {
    for (int64_t t = 0; t < out[0]->rows; ++t) {
      for (int64_t c = 0; c < out[0]->cols; ++c) {
        const double gate = in[0]->at(t, static_cast<int64_t>(b - 1) * heads + c / dim);
        out[0]->at(t, c) += in[b]->at(t, c) / (1 + std::exp(-gate));
      }
    }
  }
}

// Product and sum a branch; the sigmoid of a gate is shared by a head's columns.
Cost GatedSum::cost(Operands in, const Sizes& sizes) const {
  const Type& y = in[1]->type;
  const double elements = static_cast<double>(sizes.of(y.rows)) * static_cast<double>(y.cols);
  return {2 * elements * static_cast<double>(in.size() - 1), traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
