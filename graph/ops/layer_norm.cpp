#include "graph/ops/layer_norm.h"

#include <cmath>

namespace clinfer::graph {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments_of(const double* x, int64_t size) {
  Moments m;
  for (int64_t i = 0; i < size; ++i) m.mean += x[i] / static_cast<double>(size);
  for (int64_t i = 0; i < size; ++i)
    m.variance += (x[i] - m.mean) * (x[i] - m.mean) / static_cast<double>(size);
  return m;
}

}  // namespace

std::vector<Type> LayerNorm::infer(Operands in) const {
  require_count(in, 2, 3, kName);
  const Type& x = in[0]->type;
  const Type& weight = in[1]->type;
  require(is_f32(*in[0]), "layer_norm C1", "x is f32", in);
  require(is_f32(*in[1]) && weight.rows.symbol == Symbol::one && weight.rows.factor > 0 && weight.cols > 0 &&
              x.cols % (weight.rows.factor * weight.cols) == 0,
          "layer_norm C2", "the weight is f32 of known size, and x's columns are a multiple of its elements",
          in);
  require(in.size() == 2 || in[2]->type == weight, "layer_norm C3", "a bias has the weight's shape", in);
  require(eps >= 0, "layer_norm C4", "eps >= 0", in, attributes());
  return {x};
}

void LayerNorm::reference(Inputs in, Outputs out) const {
  const int64_t group = in[1]->cols;
  const double offset = unit_offset ? 1 : 0;
  for (int64_t r = 0; r < out[0]->rows; ++r) {
    for (int64_t i = 0; i < out[0]->cols / group; ++i) {
      const double* x = in[0]->row(r) + i * group;
      const int64_t head = i % in[1]->rows;
      const Moments m = moments_of(x, group);
      const double root = std::sqrt(m.variance + static_cast<double>(eps));
      for (int64_t c = 0; c < group; ++c) {
        const double bias = in.size() == 3 ? in[2]->at(head, c) : 0;
        out[0]->at(r, i * group + c) = (x[c] - m.mean) / root * (in[1]->at(head, c) + offset) + bias;
      }
    }
  }
}

Attributes LayerNorm::attributes() const {
  Attributes list = {{"eps", format_number(eps)}};
  if (unit_offset) list.emplace_back("unit_offset", "true");
  return list;
}

// A sum for the mean; difference, square and sum; difference, two products and the bias.
Cost LayerNorm::cost(Operands in, const Sizes& sizes) const {
  const Type& y = in[0]->type;
  const double elements = static_cast<double>(sizes.of(y.rows)) * static_cast<double>(y.cols);
  return {8 * elements, traffic(in, infer(in), sizes)};
}

}  // namespace clinfer::graph
